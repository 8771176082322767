"use client";

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

type Crosshair = { atMs: number | null; setAtMs(atMs: number | null): void };
const CrosshairContext = createContext<Crosshair>({ atMs: null, setAtMs: () => undefined });

/** One instant under the pointer for all charts inside, so that cause and effect are seen together. */
export function CrosshairProvider({ children }: { children: ReactNode }) {
  const [atMs, setAtMs] = useState<number | null>(null);
  return <CrosshairContext value={useMemo(() => ({ atMs, setAtMs }), [atMs])}>{children}</CrosshairContext>;
}

/** The crosshair as the index of the nearest of these instants (ms since 1970, ascending); null while it is nowhere. */
export function useCrosshair(instants: readonly number[]): { index: number | null; setAtMs: Crosshair["setAtMs"] } {
  const { atMs, setAtMs } = useContext(CrosshairContext);
  return { index: atMs === null ? null : nearest(instants, atMs), setAtMs };
}

function nearest(instants: readonly number[], atMs: number): number | null {
  let best: number | null = null;
  let distance = Number.POSITIVE_INFINITY;
  instants.forEach((instant, index) => {
    const away = Math.abs(instant - atMs);
    if (away < distance) {
      best = index;
      distance = away;
    }
  });
  return best;
}
