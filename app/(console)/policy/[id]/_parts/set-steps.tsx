import { Fragment } from "react";
import { ChangeSetState } from "@/components/features/change-sets/change-set-state";
import { State } from "@/components/ui/state";
import type { ChangeSetView } from "@/lib/contracts/change-sets";

const STEPS = [
  ["draft", "Draft"],
  ["proposed", "Proposed"],
  ["approved", "Approved by another"],
  ["published", "Published"],
] as const;

/** Where a set is on its way; what ended otherwise says so. What narrows skips proposal and approval. */
export function SetSteps({ set }: { set: ChangeSetView }) {
  const at = STEPS.findIndex(([state]) => state === set.state);
  if (at === -1) return <ChangeSetState state={set.state} />;
  const steps =
    set.isNarrowing && set.decidedBy === null
      ? STEPS.filter(([state]) => state === "draft" || state === "published")
      : STEPS;
  return (
    <ol className="flex flex-wrap items-center gap-x-2 text-muted max-phone:gap-x-1.5">
      {steps.map(([state, word], index) => (
        <Fragment key={state}>
          {index > 0 && <li aria-hidden className="h-px w-6 bg-control max-phone:w-2" />}
          <li aria-current={state === set.state ? "step" : undefined}>
            {state === set.state ? (
              <span className="font-medium text-ink">
                <State mark={state === "published" ? "live" : state === "draft" ? "draft" : "proposed"}>
                  <span className="text-ink">{word}</span>
                </State>
              </span>
            ) : (
              word
            )}
          </li>
        </Fragment>
      ))}
    </ol>
  );
}
