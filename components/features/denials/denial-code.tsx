import { CodeLink } from "@/components/blocks/code-link";
import { DENIAL_CODES } from "@/native/core/codes";
import { helpOf } from "@/native/core/decide/help";

const KNOWN: ReadonlySet<string> = new Set(DENIAL_CODES);

/** A refused call's code, which leads to its page; one of a later runtime stands as text. */
export function DenialCode({ code }: { code: string }) {
  return <CodeLink code={code} help={KNOWN.has(code) ? helpOf(code) : null} />;
}
