import type { Names } from "./kind";

/** Whole seconds as a moment; a number that no calendar has stays a number. */
export function moment(value: unknown): string {
  const date = new Date(Number(value) * 1000);
  return typeof value === "number" && !Number.isNaN(date.getTime())
    ? date.toISOString().replace(".000Z", "Z")
    : String(value);
}

/** A publisher by its name, in quotes: names are other people's text. */
export function publisherName(value: unknown, names: Names): string {
  const id = String(value);
  const name = names.publisher(id);
  return name === null ? id : JSON.stringify(name);
}
