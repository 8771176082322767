/** How many rows a cursor is asked for next. */
export type FetchPace = {
  readonly rows: number;
  /** What came of the last asking. */
  saw(rows: number, characters: number): void;
};

/**
 * As many rows as fit, judged by those before: it begins with one and takes at most four times as many at the next
 * asking, so that large rows come one by one and small ones many at once.
 */
export function createFetchPace(rowsMax: number, charactersMax: number): FetchPace {
  let next = 1;
  return {
    get rows() {
      return next;
    },
    saw(rows, characters) {
      const fitting = characters === 0 ? rowsMax : Math.floor((charactersMax * rows) / characters);
      next = Math.max(1, Math.min(rowsMax, next * 4, fitting));
    },
  };
}
