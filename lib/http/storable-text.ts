/** NUL and halves of a surrogate pair: neither `text` nor `jsonb` of the store can hold them. */
const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** The text with a replacement character for whatever can't be stored. */
export function toStorable(text: string): string {
  return text.replace(new RegExp(UNSTORABLE, "g"), "\uFFFD");
}

/** Whether every text within a JSON value, names of members included, can be stored as it is. */
export function isStorable(value: unknown): boolean {
  if (typeof value === "string") return !UNSTORABLE.test(value);
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isStorable);
  return Object.entries(value).every(([name, item]) => isStorable(name) && isStorable(item));
}
