import type { Constraints, Grant } from "@/native/core/shapes/claims";
import {
  type PartRead,
  PLAIN,
  readChoice,
  readFlag,
  readList,
  readMoment,
  readNumber,
  type Units,
  writeList,
  writeMoment,
  writeNumber,
} from "./read-parts";
import type { Taken, Texts } from "./taken";
import type { TextIssue } from "./text-issues";

type NumberName = "perMinute" | "perDay" | "maxBytes" | "precisionMetres" | "maxAmountMinor";
const NUMBERS: Readonly<Record<NumberName, Units>> = {
  perMinute: { "": 1, min: 1 },
  perDay: { "": 1, d: 1, day: 1 },
  maxBytes: { B: 1, bytes: 1, kB: 1e3, KiB: 1024, MB: 1e6, MiB: 1024 ** 2, GB: 1e9, GiB: 1024 ** 3 },
  precisionMetres: { m: 1, km: 1000 },
  maxAmountMinor: PLAIN,
};
const LISTS = ["mediaTypes", "fields"] as const;
const FLAGS = ["foregroundOnly", "gestureRequired"] as const;
const at = (name: keyof Constraints) => `/constraints/${name}`;

export const GRANT_FIELDS: readonly string[] = [
  "/consent",
  "/until",
  ...Object.keys(NUMBERS).map((name) => at(name as NumberName)),
  ...[...LISTS, ...FLAGS, "currency" as const].map(at),
];

/** A grant in the texts that `readGrantText` reads. */
export function writeGrantText({ consent, until, constraints = {} }: Partial<Grant>): Texts {
  const texts: Record<string, string> = { "/consent": consent ?? "", "/until": writeMoment(until) };
  for (const [name, units] of Object.entries(NUMBERS)) {
    texts[at(name as NumberName)] = writeNumber(constraints[name as NumberName], units);
  }
  for (const name of LISTS) texts[at(name)] = writeList(constraints[name]);
  for (const name of FLAGS) texts[at(name)] = constraints[name] === true ? "yes" : "";
  texts[at("currency")] = constraints.currency ?? "";
  return texts;
}

/** An empty text is a constraint that is not there. */
export function readGrantText(texts: Texts): Taken<Grant> {
  const issues: TextIssue[] = [];
  const take = <T>(part: PartRead<T>): T | undefined => {
    issues.push(...part.issues);
    return part.value;
  };
  const textOf = (name: keyof Constraints) => texts[at(name)] ?? "";
  const consent = take(readChoice(texts["/consent"] ?? "", "/consent", ["none", "ask"] as const));
  const until = take(readMoment(texts["/until"] ?? "", "/until"));
  const constraints: Constraints = {};
  for (const [name, units] of Object.entries(NUMBERS) as [NumberName, Units][]) {
    const value = take(readNumber(textOf(name), at(name), units));
    if (value !== undefined) constraints[name] = value;
  }
  for (const name of LISTS) {
    const items = readList(textOf(name));
    if (items !== undefined) constraints[name] = items;
  }
  for (const name of FLAGS) {
    const value = take(readFlag(textOf(name), at(name)));
    if (value !== undefined) constraints[name] = value;
  }
  const currency = textOf("currency").trim().toUpperCase();
  if (currency !== "") {
    if (/^[A-Z]{3}$/.test(currency)) constraints.currency = currency;
    else issues.push({ field: at("currency"), code: "CURRENCY_FORMAT", said: { text: currency } });
  }
  const isAlone = (constraints.maxAmountMinor === undefined) !== (constraints.currency === undefined);
  if (isAlone && issues.length === 0) issues.push({ field: at("currency"), code: "CURRENCY_ALONE", said: {} });
  if (issues.length > 0 || consent === undefined) return { values: [], issues, notes: [] };
  const value = {
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
    consent,
    ...(until === undefined ? {} : { until }),
  };
  return { values: [value], issues, notes: [] };
}
