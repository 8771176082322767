import type { DecisionCode } from "../codes";

/** The page that explains a code, to be resolved by whoever shows it (spec 5.55). */
export function helpOf(code: DecisionCode): string {
  return `errors/${code}`;
}
