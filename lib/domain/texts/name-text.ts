import { isPlainText } from "@/native/core/text/plain-text";
import { LABEL_MAX } from "./bounds";
import type { PartRead } from "./read-parts";

/** A name of people, programs and publishers, without blanks around. */
export function readLabel(text: string, field: string): PartRead<string> {
  const value = text.trim();
  if (value === "") return { value: undefined, issues: [{ field, code: "NAME_EMPTY", said: {} }] };
  if (value.length > LABEL_MAX) {
    return { value: undefined, issues: [{ field, code: "NAME_LONG", said: { count: value.length, most: LABEL_MAX } }] };
  }
  if (!isPlainText(value)) return { value: undefined, issues: [{ field, code: "NAME_HIDDEN", said: {} }] };
  return { value, issues: [] };
}

/** An e-mail, also as mail programs write it: `Ada Whitfield <ada@harbor.example>`. */
export function readEmail(text: string, field: string): PartRead<string> {
  const value = (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim().replace(/^mailto:/i, "");
  const isEmail = /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(value) && value.length <= 254 && isPlainText(value);
  return isEmail
    ? { value, issues: [] }
    : { value: undefined, issues: [{ field, code: "EMAIL_FORMAT", said: { text: value } }] };
}
