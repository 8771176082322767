import { createHash } from "node:crypto";
import type { Mutation } from "./mutations";

/** A mutation of a file, with an id that stays the same when lines above it change. */
export type Place = Mutation & { id: string; file: string; line: number; was: string };

/** Another seed draws others. */
const SEED = "bulkhead 1";

/** The mutations of a file as places. */
export function placesOf(file: string, text: string, mutations: readonly Mutation[]): Place[] {
  const seen = new Map<string, number>();
  return mutations.map((mutation) => {
    const was = text.slice(mutation.start, mutation.end);
    const line = text.slice(0, mutation.start).split("\n").length;
    const key = [SEED, file, text.split("\n")[line - 1]?.trim(), was, mutation.text].join("\n");
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const id = createHash("sha256").update(`${key}\n${nth}`).digest("hex").slice(0, 12);
    return { ...mutation, id, file, line, was };
  });
}

/** The order in which places are drawn: that of their hashes, so that every place has the same chance. */
export function inDrawnOrder(places: readonly Place[]): Place[] {
  return [...places].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function mutate(text: string, { start, end, text: other }: Mutation): string {
  return text.slice(0, start) + other + text.slice(end);
}
