import type { Random } from "./random";

/** Characters that readers treat unlike each other. */
const NASTY =
  "\u0000\u0001\t\n\r !\"#%&'()*+,-./0159:;<=>?@AZ[\\]^_`az{|}~\u007f\u0080\u0085\u00a0\u00ad\u00df\u00e9\u0130\u0131\u0301\u03c3\u2024\u200b\u200d\u2028\u212a\u3002\ud800\udc00\ufb03\ufeff\uff0e\uff21\uffff\u{1f600}\u{1e9e}";
const NUMBERS = [-1, 0, 1, 2, 127, 128, 255, 256, 443, 1000, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 0.5, -2.25];
const ODD: readonly unknown[] = [null, true, false, "", "a", 0, 1, [], {}, [[]], "__proto__", { __proto__: null }];

/** A text with one to three small edits. */
export function mutateText(text: string, random: Random): string {
  let units = [...text];
  for (let edits = random.integer(1, 3); edits > 0; edits -= 1) {
    const at = random.integer(0, units.length);
    const inserted = random.pick([...NASTY]);
    const [before, after] = [units.slice(0, at), units.slice(at)];
    const edit = random.integer(0, 5);
    if (edit <= 1) units = [...before, inserted, ...after];
    else if (edit === 2) units = [...before, inserted, ...after.slice(1)];
    else if (edit === 3) units = [...before, ...after.slice(1)];
    else if (edit === 4) units = [...before, ...after.slice(0, random.integer(1, 4)), ...after];
    else units = [...before, ...after].map((unit, index) => (index === at ? swapCase(unit) : unit));
  }
  return units.join("");
}

function swapCase(unit: string): string {
  return unit === unit.toLowerCase() ? unit.toUpperCase() : unit.toLowerCase();
}

/** A value with one small edit somewhere inside: of the kinds that a careless writer or an attacker makes. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (random.oneIn(12)) return random.pick(ODD);
  if (typeof value === "string") return mutateText(value, random);
  if (typeof value === "number")
    return random.oneIn(2) ? value + random.pick([-1, 1, -300, 300]) : random.pick(NUMBERS);
  if (Array.isArray(value)) return mutateList(value, random);
  if (typeof value === "object" && value !== null) return mutateObject(value, random);
  return random.pick(ODD);
}

function mutateList(list: readonly unknown[], random: Random): unknown[] {
  if (list.length === 0) return [random.pick(ODD)];
  const at = random.integer(0, list.length - 1);
  const edit = random.integer(0, 5);
  if (edit === 0) return list.filter((_, index) => index !== at);
  if (edit === 1) return [...list, list[at]];
  if (edit === 2) return [...list].reverse();
  return list.map((item, index) => (index === at ? mutateValue(item, random) : item));
}

function mutateObject(owner: object, random: Random): object {
  const entries = Object.entries(owner);
  if (entries.length === 0 || random.oneIn(8)) {
    const name = random.pick(["x", "bulkhead_x", "__proto__", "constructor", "until", "pins", "d"]);
    return Object.fromEntries([...entries, [name, random.pick(ODD)]]);
  }
  const at = random.integer(0, entries.length - 1);
  if (random.oneIn(6)) return Object.fromEntries(entries.filter((_, index) => index !== at));
  return Object.fromEntries(
    entries.map(([name, item], index) => [name, index === at ? mutateValue(item, random) : item] as const),
  );
}
