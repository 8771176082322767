import type { Names } from "./kind";

/** Whole seconds as a moment; a number that no calendar has stays a number. */
export function moment(value: unknown): string {
  const date = new Date(Number(value) * 1000);
  return typeof value === "number" && !Number.isNaN(date.getTime())
    ? date.toISOString().replace(".000Z", "Z")
    : String(value);
}

/** A word as it is; what could be taken for something else in quotes. */
const WORD = /^[A-Za-z0-9*](?:[\w.:@/*+-]*[\w*/])?$/;
const TAKEN = new Set(["none", "true", "false"]);

/** Text as it stands in a line of ours: no two texts look alike, and none looks like a word of the line. */
export function quoted(text: string): string {
  const isWord = WORD.test(text) && !TAKEN.has(text) && Number.isNaN(Number(text));
  return isWord ? text : JSON.stringify(text);
}

/** A publisher by its name, always in quotes, so that no name looks like an id. */
export function publisherName(value: unknown, names: Names): string {
  const id = String(value);
  const name = names.publisher(id);
  return name === null ? id : JSON.stringify(name);
}

/** A person by their name. */
export function personName(id: string, names: Names): string {
  const name = names.person(id);
  return name === null ? id : quoted(name);
}
