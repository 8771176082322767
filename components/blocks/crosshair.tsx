"use client";

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

type Crosshair = { atMs: number | null; setAtMs(atMs: number | null): void };
const CrosshairContext = createContext<Crosshair>({ atMs: null, setAtMs: () => undefined });

/** One instant under the pointer for all charts inside, so that cause and effect are seen together. */
export function CrosshairProvider({ children }: { children: ReactNode }) {
  const [atMs, setAtMs] = useState<number | null>(null);
  return <CrosshairContext value={useMemo(() => ({ atMs, setAtMs }), [atMs])}>{children}</CrosshairContext>;
}

export function useCrosshair(): Crosshair {
  return useContext(CrosshairContext);
}
