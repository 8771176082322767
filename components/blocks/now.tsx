"use client";

import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

const NowContext = createContext(0);

/** One clock for the page, so that all ages move together. The first value comes from the server: both draw the same. */
export function NowProvider({ initialMs, children }: { initialMs: number; children: ReactNode }) {
  const [nowMs, setNowMs] = useState(initialMs);
  useEffect(() => {
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <NowContext value={nowMs}>{children}</NowContext>;
}

export function useNow(): number {
  return useContext(NowContext);
}
