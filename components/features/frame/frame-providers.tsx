"use client";

import { type DehydratedState, HydrationBoundary, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { NowProvider } from "@/components/blocks/now";
import { DockProvider } from "@/components/blocks/page-main";
import { PreferencesProvider } from "@/components/blocks/preferences";
import { SeededProvider } from "@/components/blocks/seeded";
import { ShortcutsProvider } from "@/components/blocks/shortcuts";
import { ToastProvider } from "@/components/ui/toast";
import type { Preferences } from "@/lib/format/preferences";
import { makeQueryClient } from "@/lib/queries/query-client";

export type FrameState = {
  preferences: Preferences;
  nowMs: number;
  /** What is older was made for a demo. */
  seededUntil: string | null;
  /** Stands at the bottom of each page. */
  dock: ReactNode;
  /** What the server has read already. */
  state: DehydratedState;
};

/** What every page of a frame has at hand: its reads, its keys, the time, what the person chose. */
export function FrameProviders({
  preferences,
  nowMs,
  seededUntil,
  dock,
  state,
  children,
}: FrameState & { children: ReactNode }) {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <PreferencesProvider initial={preferences}>
        <NowProvider initialMs={nowMs}>
          <ShortcutsProvider>
            <ToastProvider>
              <DockProvider dock={dock}>
                <SeededProvider until={seededUntil}>
                  <HydrationBoundary state={state}>{children}</HydrationBoundary>
                </SeededProvider>
              </DockProvider>
            </ToastProvider>
          </ShortcutsProvider>
        </NowProvider>
      </PreferencesProvider>
    </QueryClientProvider>
  );
}
