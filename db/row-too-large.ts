import { wordsOf } from "./store-fault";

/** A row that whatever reads or writes it has no room for, by its table. */
export class RowTooLarge extends Error {
  constructor(relation: string, cause: unknown) {
    super(`${relation}: ${wordsOf(cause)}`, { cause });
  }
}

/** Postgres' words for a value that it has no room for, and JavaScript's for a text that is too long. */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof RowTooLarge) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (code === "53200" || code === "54000") return true;
  return /invalid memory alloc request size|Invalid string length|Array buffer allocation failed/.test(error.message);
}

/** Lets work on the rows of one table raise `RowTooLarge`, which names the table, where there is no room for one. */
export async function onRowsOf<T>(relation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RowTooLarge) && isTooLarge(error)) throw new RowTooLarge(relation, error);
    throw error;
  }
}
