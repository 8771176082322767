"use client";

import { useState } from "react";
import { usePlaceAgain } from "./use-place-again";

type Page<Row> = { items: readonly Row[]; nextCursor: string | null };

export type MoreRows<Row> = {
  rows: readonly Row[];
  hasMore: boolean;
  isReading: boolean;
  /** Why the next page could not be read; null where none was asked for in vain. */
  problem: string | null;
  readMore(): void;
};

/**
 * A list that is read page by page: the first one stays live, those asked for stand below it as they were read. Rows that
 * a live first page lets go stay where they were. `resetKey` names the question; another question begins anew. After a
 * reload it is read as far as it was.
 */
export function useMoreRows<Row>(
  first: Page<Row>,
  keyOf: (row: Row) => string,
  resetKey: string,
  readPage: (cursor: string) => Promise<Page<Row>>,
): MoreRows<Row> {
  const [read, setRead] = useState<{ resetKey: string; rows: readonly Row[]; next: string | null } | null>(null);
  const [state, setState] = useState<{ resetKey: string; isReading: boolean; problem: string | null }>();
  const own = read?.resetKey === resetKey ? read : null;
  const next = own === null ? first.nextCursor : own.next;
  const rows = own === null ? first.items : without(first.items, own.rows, keyOf);
  const isReading = state?.resetKey === resetKey && state.isReading;
  const readMore = async (cursor: string) => {
    setState({ resetKey, isReading: true, problem: null });
    try {
      const page = await readPage(cursor);
      setRead({ resetKey, rows: without(rows, page.items, keyOf), next: page.nextCursor });
      setState({ resetKey, isReading: false, problem: null });
    } catch (error) {
      const problem = error instanceof Error ? error.message : "The next rows could not be read.";
      setState({ resetKey, isReading: false, problem });
    }
  };
  const problem = state?.resetKey === resetKey ? state.problem : null;
  usePlaceAgain({
    resetKey,
    rows: rows.length,
    isLonger: own !== null,
    readMore: next === null || problem !== null ? null : () => void readMore(next),
    isReading,
  });
  return {
    rows,
    hasMore: next !== null,
    isReading,
    problem,
    readMore: () => {
      if (next !== null && !isReading) void readMore(next);
    },
  };
}

/** The rows before, then those of the others that are not among them. */
function without<Row>(before: readonly Row[], others: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  const known = new Set(before.map(keyOf));
  return [...before, ...others.filter((row) => !known.has(keyOf(row)))];
}
