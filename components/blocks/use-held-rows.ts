"use client";

import { useCallback, useMemo, useState } from "react";

type Held<T> = { rows: T[]; newCount: number; show(): void };

/**
 * Holds the order and the members of a live list still: rows already shown get their newest values in place, new ones
 * are counted until they are asked for. A list that was empty shows what arrives, for nothing can move in it. `resetKey`
 * names the question; another question shows its answer at once.
 */
export function useHeldRows<T>(newest: readonly T[], keyOf: (row: T) => string, resetKey: string): Held<T> {
  const [held, setHeld] = useState<{ resetKey: string; keys: readonly string[] }>(() => ({
    resetKey,
    keys: newest.map(keyOf),
  }));
  const isCurrent = held.resetKey === resetKey && held.keys.length > 0;
  if (!isCurrent && newest.length > 0) setHeld({ resetKey, keys: newest.map(keyOf) });
  const keys = isCurrent ? held.keys : null;
  const view = useMemo(() => {
    if (keys === null) return { rows: [...newest], newCount: 0 };
    const byKey = new Map(newest.map((row) => [keyOf(row), row]));
    const rows = keys.flatMap((key) => byKey.get(key) ?? []);
    const shown = new Set(keys);
    return { rows, newCount: newest.filter((row) => !shown.has(keyOf(row))).length };
  }, [keys, newest, keyOf]);
  const show = useCallback(() => setHeld({ resetKey, keys: newest.map(keyOf) }), [newest, keyOf, resetKey]);
  return { ...view, show };
}
