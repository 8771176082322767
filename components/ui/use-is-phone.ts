"use client";

import { useSyncExternalStore } from "react";

/** Narrower than the breakpoint `phone` of `app/globals.css`. */
const PHONE = "(width < 640px)";

function subscribe(onChange: () => void): () => void {
  const query = window.matchMedia(PHONE);
  query.addEventListener("change", onChange);
  return () => query.removeEventListener("change", onChange);
}

/** Whether the window is a phone's, for what styles alone cannot place; false until the page runs in a browser. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => window.matchMedia(PHONE).matches,
    () => false,
  );
}
