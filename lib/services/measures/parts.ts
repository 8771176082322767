import { HOUR_MS } from "./windows";

/**
 * A read is cut into parts, each a statement that has the store for a fraction of 100 ms whatever was told: what others ask comes
 * in between.
 */

/** Rows that one statement adds up, about; fewer where their sketches come along. */
const ROWS_A_PART = { counted: 5_000, sketched: 2_000 };
/** What a first part reaches back, before anything is known of how much was told. */
const FIRST_HOURS = 4;
/** How much further than the part before it a part may reach at most. */
const GROWTH = 4;

/** The first instant of a part, and the one that it ends before; null where it has no end. */
export type Part = { from: Date; to: Date | null };

/**
 * Reads from a whole hour until now, the newest first, in parts of whole hours. `read` answers with how many rows it added up: the
 * next part is as long as it takes for about as many as one statement may.
 */
export async function readHoursInParts(
  { sinceMs, nowMs, rows: kind }: { sinceMs: number; nowMs: number; rows: keyof typeof ROWS_A_PART },
  read: (part: Part) => Promise<number>,
): Promise<void> {
  let hours = FIRST_HOURS;
  let to: Date | null = null;
  for (let endMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS; endMs > sinceMs; ) {
    const from = new Date(Math.max(sinceMs, endMs - hours * HOUR_MS));
    const rows = await read({ from, to });
    const fitting = Math.floor((hours * ROWS_A_PART[kind]) / Math.max(1, rows));
    hours = Math.max(1, Math.min(fitting, hours * GROWTH));
    endMs = from.getTime();
    to = from;
  }
}

/** The rows of a list that is read in order, one page after the other, until one is not full. */
export async function readPages<Row>(page: number, read: (last: Row | null) => Promise<Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  for (let rows = await read(null); ; rows = await read(rows.at(-1) ?? null)) {
    all.push(...rows);
    if (rows.length < page) return all;
  }
}

/** The same in order, so many at once. */
export function partsOf<T>(all: readonly T[], atOnce: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / atOnce) }, (_, n) => all.slice(n * atOnce, (n + 1) * atOnce));
}
