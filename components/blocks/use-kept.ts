"use client";

import { usePathname } from "next/navigation";
import { createContext, useCallback, useContext, useEffect, useState } from "react";

const PREFIX = "bulkhead.kept.";
const WHOSE = "whose";

/** Who looks, as the frame says; nobody before somebody signed in. */
export const KeptWhose = createContext("");

/**
 * Text that somebody is typing, kept for this tab: it is there again after a reload, a lost session or a server that went
 * away. It is forgotten with the field that it stands in, and by `forget` when it was sent from a field that stays. The key names
 * who looks, so that nobody reads what another typed, whichever part of a page comes first. Nothing secret belongs here.
 */
export function useKept(
  name: string,
  initial = "",
): [text: string, change: (text: string) => void, forget: () => void] {
  const key = `${useContext(KeptWhose)} ${usePathname()} ${name}`;
  const [text, setText] = useState(initial);
  useEffect(() => {
    const kept = readKept(key);
    if (kept !== null) setText(kept);
    // A page that is left whole runs none of this.
    return () => writeKept(key, "");
  }, [key]);
  const change = useCallback(
    (next: string) => {
      setText(next);
      writeKept(key, next);
    },
    [key],
  );
  const forget = useCallback(() => {
    setText("");
    writeKept(key, "");
  }, [key]);
  return [text, change, forget];
}

/** What one person typed is nobody else's: it is gone when another looks through the same tab. */
export function keepFor(whose: string): void {
  if (readKept(WHOSE) === whose) return;
  forgetKept();
  writeKept(WHOSE, whose);
}

/** On signing out, and before another person looks. */
export function forgetKept(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** What this tab keeps under a name until another person looks; null for nothing. */
export function readKept(name: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + name);
  } catch {
    // Storage can be switched off; then what is typed lives as long as the page.
    return null;
  }
}

/** Keeps a text for this tab; an empty one is forgotten. */
export function writeKept(name: string, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // As above, and where the storage is full.
  }
}
