import type { DenialCause } from "@/lib/contracts/programs";

/** Whether a cause waits for somebody. */
export const CAUSE_STATES = ["open", "mended", "acknowledged"] as const;
export type CauseState = (typeof CAUSE_STATES)[number];

/** What is mended needs nobody, whoever acknowledged it; what was seen elsewhere since it was acknowledged is open again. */
export function stateOfCause({ mended, acknowledged }: Pick<DenialCause, "mended" | "acknowledged">): CauseState {
  if (mended !== null) return "mended";
  return acknowledged !== null && !acknowledged.isOpenAgain ? "acknowledged" : "open";
}
