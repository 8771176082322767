"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

export type UrlChange = Record<string, string | null>;

/** What the page's address says, and a way to change it without reading the page anew. Filters live there alone. */
export function useUrlState(): { params: URLSearchParams; change(next: UrlChange, isStep?: boolean): void } {
  const search = useSearchParams();
  const path = usePathname();
  const change = useCallback(
    (next: UrlChange, isStep = false) => {
      const params = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(next)) {
        if (value === null || value === "") params.delete(name);
        else params.set(name, value);
      }
      const address = params.size === 0 ? path : `${path}?${params}`;
      if (isStep) window.history.pushState(null, "", address);
      else window.history.replaceState(null, "", address);
    },
    [path],
  );
  return { params: new URLSearchParams(search.toString()), change };
}
