import type { MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import type { ChangeSetState as Name } from "@/lib/domain/lifecycles";

const MARKS: Record<Name, { mark: MarkName; word: string }> = {
  draft: { mark: "draft", word: "Draft" },
  proposed: { mark: "waiting", word: "Waits for approval" },
  approved: { mark: "yes", word: "Approved" },
  published: { mark: "live", word: "Published" },
  discarded: { mark: "retired", word: "Discarded" },
  withdrawn: { mark: "retired", word: "Withdrawn" },
  refused: { mark: "no", word: "Refused" },
  void: { mark: "retired", word: "Void" },
};

export function ChangeSetState({ state }: { state: Name }) {
  const { mark, word } = MARKS[state];
  // Violet is a denial; a refused change set is the console's own business.
  return (
    <State mark={mark} isQuiet={state === "refused"}>
      {word}
    </State>
  );
}
