import type { TextIssue, TextIssueCode } from "./text-issues";

/** A part of a value as it was read, or the issue; undefined where nothing was written. */
export type PartRead<T> = { value: T | undefined; issues: TextIssue[] };

const none = { value: undefined, issues: [] };
const issue = (field: string, code: TextIssueCode, said: TextIssue["said"]) => ({
  value: undefined,
  issues: [{ field, code, said }],
});

/** What stands between blanks, commas and line ends. */
export const itemsOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** How a number is meant: what one of a unit is in the value's own, the first for a number without one. */
export type Units = Readonly<Record<string, number>>;

export const PLAIN: Units = { "": 1 };
export const BYTES: Units = { MiB: 1024 ** 2, GiB: 1024 ** 3, KiB: 1024, MB: 1e6, GB: 1e9, kB: 1e3, B: 1, bytes: 1 };

const NUMBER = /^([+-]?\d[\d\s'_.,\u00a0\u202f]*)\s*\/?\s*([^\d\s]*)$/u;

/** A whole number of the value's own units, from `least` on: "128 MiB", "6 000", "60 /s". */
export function readNumber(text: string, field: string, units: Units = PLAIN, least = 0): PartRead<number> {
  const trimmed = text.trim();
  if (trimmed === "") return none;
  const [, written = "", unit = ""] = NUMBER.exec(trimmed) ?? [];
  if (written === "") return issue(field, "NUMBER_FORMAT", { text: trimmed });
  const names = Object.keys(units);
  const first = names[0] ?? "";
  const known = unit === "" ? first : names.find((name) => name.toLowerCase() === unit.toLowerCase());
  if (known === undefined) {
    return issue(field, "NUMBER_UNIT", {
      text: unit,
      choices: names.filter((name) => name !== "").join(", ") || "none",
    });
  }
  const digits = written.replace(/[\s'_\u00a0\u202f]/g, "");
  const isGrouped = /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(digits);
  if (!isGrouped && digits.includes(",")) return issue(field, "NUMBER_COMMA", { text: written.trim() });
  const number = Number(digits.replaceAll(",", ""));
  if (!Number.isFinite(number)) return issue(field, "NUMBER_FORMAT", { text: trimmed });
  const value = number * (units[known] ?? 1);
  if (value < least) return issue(field, "NUMBER_SMALL", { text: trimmed, least });
  if (!Number.isInteger(value))
    return issue(field, "NUMBER_FRACTION", {
      text: trimmed,
      unit: known === "B" || units === PLAIN ? "ones" : "bytes",
    });
  if (!Number.isSafeInteger(value)) return issue(field, "NUMBER_LARGE", { text: trimmed });
  return { value, issues: [] };
}

/** A number as `readNumber` reads it, in the largest unit that tells it exactly. */
export function writeNumber(value: number | undefined, units: Units = PLAIN): string {
  if (value === undefined) return "";
  const [first = "", ...rest] = Object.keys(units);
  const exact = [first, ...rest].find((name) => {
    const told = value / (units[name] ?? 1);
    return Number.isInteger(told) && told * (units[name] ?? 1) === value && (told !== 0 || name === first);
  });
  if (exact === undefined) return String(value);
  const told = value / (units[exact] ?? 1);
  return exact === first ? String(told) : `${told} ${exact}`;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.000)?Z$/;
const SECONDS = /^(\d{1,16}) s$/;

/** A day, which means its first instant in UTC, or an instant; in whole seconds since 1970. */
export function readMoment(text: string, field: string): PartRead<number> {
  const trimmed = text.trim();
  if (trimmed === "") return none;
  const seconds = SECONDS.exec(trimmed)?.[1];
  const ms = DAY.test(trimmed)
    ? Date.parse(`${trimmed}T00:00:00Z`)
    : INSTANT.test(trimmed)
      ? Date.parse(trimmed)
      : Number.NaN;
  const value = seconds === undefined ? ms / 1000 : Number(seconds);
  // 2027-02-31 is read as a day of March by some.
  const isDay =
    seconds !== undefined || (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(trimmed.slice(0, 10)));
  return isDay && value > 0 && Number.isSafeInteger(value)
    ? { value, issues: [] }
    : issue(field, "MOMENT_FORMAT", { text: trimmed });
}

const LAST_SECOND = 8_640_000_000_000;

/** As `readMoment` reads it: a day where it is one's first instant. */
export function writeMoment(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  // Beyond the years of four digits a date has no text that a field of dates knows.
  if (seconds > LAST_SECOND || seconds < 0) return `${seconds} s`;
  const text = new Date(seconds * 1000).toISOString();
  if (text.length !== 24) return `${seconds} s`;
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.replace(".000Z", "Z");
}

/** One of a closed list, whatever its case. */
export function readChoice<T extends string>(text: string, field: string, choices: readonly T[]): PartRead<T> {
  const word = text.trim();
  const value = choices.find((choice) => choice.toLowerCase() === word.toLowerCase());
  if (value !== undefined) return { value, issues: [] };
  return issue(field, "CHOICE_UNKNOWN", { text: word, choices: choices.join(", ") });
}

/** A flag that is there or not. */
export function readFlag(text: string, field: string): PartRead<true> {
  const word = text.trim();
  if (word === "") return none;
  return word === "yes" ? { value: true, issues: [] } : issue(field, "CHOICE_UNKNOWN", { text: word, choices: "yes" });
}

const ITEM = /"((?:[^"\\]|\\.)*)"|[^\s,][^,\n]*/g;
/** A list of nothing, which is another than no list. */
const NO_ITEMS = "none";

/** Items by comma or line, quoted where they hold either; undefined where nothing was written. */
export function readList(text: string): string[] | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (trimmed === NO_ITEMS) return [];
  return [...trimmed.matchAll(ITEM)].map(([item, quoted]) =>
    quoted === undefined
      ? item.trim()
      : quoted.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character)),
  );
}

/** A list as `readList` reads it. */
export function writeList(items: readonly string[] | undefined): string {
  if (items === undefined) return "";
  if (items.length === 0) return NO_ITEMS;
  const isPlain = (item: string) => /^[^\s,"](?:[^,\n"]*[^\s,"])?$/.test(item) && item !== NO_ITEMS;
  const quote = (item: string) => `"${item.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
  return items.map((item) => (isPlain(item) ? item : quote(item))).join(", ");
}
