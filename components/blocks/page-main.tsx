"use client";

import { createContext, type ReactNode, useContext } from "react";

const DockContext = createContext<ReactNode>(null);

/** What stands at the bottom of every page, under the column that it belongs to. */
export function DockProvider({ dock, children }: { dock: ReactNode; children: ReactNode }) {
  return <DockContext value={dock}>{children}</DockContext>;
}

/** The page's column. A side panel beside it pushes it; its dock stays at the bottom of the window. */
export function PageMain({ children, dock }: { children: ReactNode; dock?: ReactNode }) {
  const shared = useContext(DockContext);
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <main id="main" className="min-w-0 flex-1 px-6 pt-4 pb-8 max-phone:px-4">
        {children}
      </main>
      {dock ?? shared}
    </div>
  );
}

/** The bar at the bottom itself. */
export function Dock({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      aria-label={label}
      className="sticky bottom-0 z-10 flex min-h-12 items-center gap-3 border-control border-t bg-surface px-6 py-2 shadow-dock max-phone:flex-wrap max-phone:px-4"
    >
      {children}
    </section>
  );
}
