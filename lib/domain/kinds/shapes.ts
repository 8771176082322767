import { z } from "zod";
import { LABEL_MAX } from "../texts/bounds";

export const label = z.string().trim().min(1).max(LABEL_MAX);
export const text = z.string().min(1).max(1024);

/** A set, written as a list in one order. */
export function sorted<T extends string | number>(items: readonly T[]): T[] {
  return [...new Set(items)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
