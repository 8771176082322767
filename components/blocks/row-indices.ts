/** The table's head is its row 1. */
export const HEAD_ROW_INDEX = 1;
export const FIRST_ROW_INDEX = HEAD_ROW_INDEX + 1;

/** Stands for a number of rows that nobody counted (WAI-ARIA). */
const UNKNOWN = -1;

/**
 * How many rows a table has in all, its head included: `drawn` are those that it was given, `total` those of the list, of which more
 * may be on the server; null where they were not counted.
 */
export const rowCountOf = (drawn: number, total: number | null): number =>
  total === null ? UNKNOWN : Math.max(drawn, total) + HEAD_ROW_INDEX;
