import data from "../../catalog/format-characters.json" with { type: "json" };

/**
 * Text of programs, publishers, devices and people. Characters that act instead of being shown (control and format
 * characters, of one version of Unicode that is data, among them those that turn text around, line and paragraph separators, halves of a pair) let a stranger
 * speak as the console or command a terminal.
 */
const ACTING = new RegExp(`[\\0-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff${characterClass(data.format)}]`, "u");

/** Ranges in hex, as `catalog/format-characters.json` has them, as a regular expression's class does. */
function characterClass(ranges: string): string {
  return ranges.replace(/[0-9a-f]+/g, "\\u{$&}").replaceAll(" ", "");
}

/** Whether every character of the text is one that is shown. */
export function isPlainText(text: string): boolean {
  return !ACTING.test(text);
}

/** The same of every text within a JSON value, names of members included. */
export function isPlainValue(value: unknown): boolean {
  if (typeof value === "string") return isPlainText(value);
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlainValue);
  return Object.entries(value).every(([name, item]) => isPlainText(name) && isPlainValue(item));
}

/** The text with whatever acts made visible, as in `\u{202e}`; characters of `kept` stay as they are. */
export function showActing(text: string, kept = ""): string {
  return text.replace(new RegExp(ACTING, "gu"), (character) =>
    kept.includes(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** The beginning of a text, at most `unitsMax` UTF-16 units, well-formed and never cut within a character (spec §5). */
export function boundText(text: string, unitsMax: number): string {
  const cut = text.slice(0, unitsMax);
  // A pair that lies across the end: half of one that has no other half is a character like any other.
  const isHalved = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(unitsMax - 1, unitsMax + 1));
  return (isHalved ? cut.slice(0, -1) : cut).replace(/[\ud800-\udfff]/gu, "\ufffd");
}

const CUT_WORDS_MAX = 48;

/** As `boundText`, for people: a text that is cut ends with how long it was. `unitsMax` is more than such an end takes. */
export function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return boundText(text, unitsMax);
  return `${boundText(text, unitsMax - CUT_WORDS_MAX)}\u2026 (${text.length} characters, cut)`;
}
