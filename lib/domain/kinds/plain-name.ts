import { isPlainText } from "@/native/core/text/plain-text";
import type { ValueIssue } from "./kind";

/**
 * A name that is new may have no character that acts instead of being shown. One that stands already may stay: who has
 * it can still be suspended, disabled and renamed.
 */
export function plainWhereNew(path: string, before: string | undefined, after: string): ValueIssue[] {
  return before === after || isPlainText(after) ? [] : [{ path, code: "TEXT_NOT_PLAIN" }];
}
