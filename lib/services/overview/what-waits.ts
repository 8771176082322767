import type { Overview } from "@/lib/contracts/overview";

export type Waiting = Overview["waiting"][number];
/** Things of one kind that wait, as many as are looked at; `isMore`: there are others. */
export type Found = { items: Waiting[]; isMore: boolean };

/** Rows that one kind of thing takes, so that none hides the others and each read is as long whatever there is. */
export const ROWS_A_KIND = 20;

/** A row that waits for as long as it is there. */
export const waitingFor = (row: Omit<Waiting, "until" | "limit"> & Partial<Waiting>): Waiting => ({
  until: null,
  limit: null,
  ...row,
});
