import type { MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import type { VersionView } from "@/lib/contracts/programs";
import { cutMiddle } from "@/lib/format/identifier";

const STATES: Record<VersionView["state"], { mark: MarkName; word: string }> = {
  submitted: { mark: "waiting", word: "Waits for review" },
  listed: { mark: "live", word: "Listed" },
  refused: { mark: "retired", word: "Refused" },
  withdrawn: { mark: "retired", word: "Withdrawn" },
};

export function VersionState({ state }: { state: VersionView["state"] }) {
  const { mark, word } = STATES[state];
  return <State mark={mark}>{word}</State>;
}

/** Signature over the exact bytes, by a key of the publisher, and whether that key still counts. */
export function SignatureState({ version }: { version: VersionView }) {
  const { signature, keyStatus, kid } = version;
  if (signature === "bytes_removed") return <State mark="retired">Bytes were removed</State>;
  if (signature === "bytes_missing") return <State mark="differs">Bytes are missing</State>;
  if (signature === "invalid") return <State mark="suspended">File was changed</State>;
  if (keyStatus !== "active") return <State mark="suspended">Key {keyStatus}</State>;
  return (
    <State mark="yes">
      Signed by <code>{cutMiddle(kid, 6, 4)}</code>
    </State>
  );
}
