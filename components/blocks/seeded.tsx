"use client";

import { createContext, type ReactNode, useContext } from "react";
import { formatWhen } from "@/lib/format/instant";
import type { RowGroup } from "./data-table";
import { useNow } from "./now";

const SeededContext = createContext<string | null>(null);

/** Until when a development platform's past was made for a demo; null where it was lived. */
export function SeededProvider({ until, children }: { until: string | null; children: ReactNode }) {
  return <SeededContext value={until}>{children}</SeededContext>;
}

export const useSeededUntil = (): string | null => useContext(SeededContext);

/** The rows of a list by time in two groups, where some of them were made for a demo; else as they are. */
export function useSeededGroups<Row>(
  rows: readonly Row[],
  atOf: (row: Row) => string,
): { groups: RowGroup[]; groupOf(row: Row): string } | Record<string, never> {
  const until = useSeededUntil();
  const nowMs = useNow();
  if (until === null) return {};
  const groupOf = (row: Row) => (Date.parse(atOf(row)) < Date.parse(until) ? "made" : "lived");
  const made = rows.filter((row) => groupOf(row) === "made").length;
  if (made === 0) return {};
  const when = formatWhen(until, nowMs);
  const groups = [
    { key: "lived", title: `Since ${when}`, count: rows.length - made },
    { key: "made", title: `Made for the demo, until ${when}`, count: made },
  ];
  return { groups, groupOf };
}
