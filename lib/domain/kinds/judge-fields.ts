import { isSameValue } from "../same-value";
import type { WideningCode } from "../widening";
import type { FieldJudges } from "./kind";

/**
 * The first field whose change is not proven to allow no more. Every field of the shape has a judge, or it does not
 * compile; a field that the shape does not have (a value of a later release) is unjudged, which widens.
 */
export function judgeFields<V extends object>(judges: FieldJudges<V>, before: V, after: V): WideningCode | null {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const field = name as keyof V & string;
    if (isSameValue(before[field], after[field])) continue;
    const judge = Object.hasOwn(judges, field) ? judges[field] : undefined;
    if (judge === undefined) return "UNJUDGED";
    const code = judge(before[field], after[field]);
    if (code !== null) return code;
  }
  return null;
}

/** A field that may change without allowing anything. */
export const allowsNothing = (): null => null;

/** A field of which every change takes two people. */
export const always = (code: WideningCode) => (): WideningCode => code;
