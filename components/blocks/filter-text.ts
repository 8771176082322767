export type FilterField = {
  /** As typed before the colon. */
  name: string;
  /** What can be chosen; free text without. */
  values?: readonly string[];
  /** Reads one word of it; `why` where it is none. */
  read?(text: string): { value: string } | { why: string };
};

/** What was typed and is no filter here, with why not; `isWords`: it could be searched for as it stands. */
export type NoFilter = { text: string; why: string; isWords: boolean };
export type FiltersRead = { taken: readonly (readonly [name: string, value: string])[]; rest: readonly NoFilter[] };

/** A name before a colon, where no URL begins. */
const NAME = /(?:^|(?<=\s))([a-zA-Z]+):(?!\/\/)/g;

/**
 * Reads typed filters, `code:HOST_NOT_ALLOWED host:*.x.com`, in one text. Words without a name go to the free field; what is
 * understood is taken, and everything else is answered with why not: nothing is dropped.
 */
export function readFilters(text: string, fields: readonly FilterField[], freeField?: string): FiltersRead {
  const names = [...text.matchAll(NAME)];
  const taken: [string, string][] = [];
  const rest: NoFilter[] = [];
  const words: string[] = [text.slice(0, names[0]?.index ?? text.length)];
  for (const [nth, match] of names.entries()) {
    const end = names[nth + 1]?.index ?? text.length;
    const written = text.slice(match.index, end).trim();
    const value = text.slice(match.index + match[0].length, end).trim();
    const field = fields.find(({ name }) => name.toLowerCase() === match[1]?.toLowerCase());
    if (field === undefined) {
      const why = `${match[1]} is no filter here; ${listed(fields.map(({ name }) => name))}.`;
      rest.push({ text: written, why, isWords: freeField !== undefined });
    } else if (value === "") {
      rest.push({ text: written, why: `${field.name} of what?`, isWords: false });
    } else if (field.values === undefined && field.read === undefined) {
      taken.push([field.name, value]);
    } else {
      const [first = "", ...others] = value.split(/\s+/);
      words.push(...others);
      const read = readWord(field, first);
      if ("why" in read) rest.push({ text: `${field.name}:${first}`, why: read.why, isWords: false });
      else taken.push([field.name, read.value]);
    }
  }
  const free = words.join(" ").trim().replace(/\s+/g, " ");
  if (free !== "" && freeField !== undefined) taken.push([freeField, free]);
  if (free !== "" && freeField === undefined) {
    const why = `Write which filter it is: ${fields.map(({ name }) => `${name}:`).join(", ")}.`;
    rest.push({ text: free, why, isWords: false });
  }
  return { taken, rest };
}

function readWord({ name, values, read }: FilterField, word: string): { value: string } | { why: string } {
  if (read !== undefined) return read(word);
  const value = values?.find((choice) => choice.toLowerCase() === word.toLowerCase());
  return value === undefined ? { why: `${word} is no ${name}; ${listed(values ?? [])}.` } : { value };
}

/** "these are: a, b, c", of many the first. */
const listed = (names: readonly string[]): string =>
  `these are: ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}`;

/** What the address says of filters and the page does not do, each in a sentence. */
export function unreadOf(
  address: URLSearchParams,
  fields: readonly FilterField[],
  shown: Readonly<Record<string, string | undefined>>,
  also: Readonly<Record<string, readonly string[]>>,
): { name: string; why: string }[] {
  const names = new Set(address.keys());
  return [...names].flatMap((name) => {
    const written = address.get(name) ?? "";
    if (written === "" || NOT_FILTERS.has(name)) return [];
    const choices = also[name];
    if (choices !== undefined) {
      return choices.includes(written) ? [] : [{ name, why: `${name} ${written} in the address: ${listed(choices)}.` }];
    }
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return [{ name, why: `${name} in the address is no filter here.` }];
    const taken = shown[name] ?? "";
    if (taken === written) return [];
    if (taken !== "") return [{ name, why: `${name} ${written} in the address is taken as ${taken}.` }];
    const read = readWord({ ...field, ...(field.values || field.read ? {} : { read: () => ({ why: "" }) }) }, written);
    const why = "why" in read ? read.why : "";
    return [{ name, why: `${name} ${written} in the address is left out. ${why}`.trim() }];
  });
}

/** What an address says beside filters: what is open, edited and looked at. */
const NOT_FILTERS: ReadonlySet<string> = new Set(["panel", "edit", "entry"]);
