"use client";

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { usePreferences } from "./preferences";

export type Shortcut = {
  /** "j", "?", "g p" for one after the other, "mod+k" for Ctrl or Command. */
  keys: string;
  label: string;
  run(): void;
};

type Registry = { add(shortcut: Shortcut): () => void; openHelp(): void };
const ShortcutsContext = createContext<Registry | null>(null);

/** How long the second key of a pair is waited for. */
const PAIR_MS = 900;

export function ShortcutsProvider({ children }: { children: ReactNode }) {
  const shortcuts = useRef(new Map<string, Shortcut>());
  const first = useRef<{ key: string; atMs: number } | null>(null);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const { preferences } = usePreferences();
  const { singleKeys } = preferences;

  const add = useCallback((shortcut: Shortcut) => {
    shortcuts.current.set(shortcut.keys, shortcut);
    return () => {
      if (shortcuts.current.get(shortcut.keys) === shortcut) shortcuts.current.delete(shortcut.keys);
    };
  }, []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey) {
        const found = shortcuts.current.get(`mod+${event.key.toLowerCase()}`);
        if (found === undefined) return;
        event.preventDefault();
        found.run();
        return;
      }
      if (!singleKeys || event.altKey || isTyping(event.target) || isDialogOpen()) return;
      const pending = first.current;
      first.current = null;
      const pair =
        pending !== null && event.timeStamp - pending.atMs < PAIR_MS ? `${pending.key} ${event.key}` : undefined;
      const found = shortcuts.current.get(pair ?? event.key) ?? shortcuts.current.get(event.key);
      if (found !== undefined) {
        event.preventDefault();
        found.run();
      } else if (event.key === "?") {
        setHelpOpen(true);
      } else if ([...shortcuts.current.keys()].some((keys) => keys.startsWith(`${event.key} `))) {
        first.current = { key: event.key, atMs: event.timeStamp };
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [singleKeys]);

  const registry = useMemo(() => ({ add, openHelp: () => setHelpOpen(true) }), [add]);
  return (
    <ShortcutsContext value={registry}>
      {children}
      <Dialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} title="Keys">
        <ShortcutList shortcuts={isHelpOpen ? [...shortcuts.current.values()] : []} isOn={singleKeys} />
      </Dialog>
    </ShortcutsContext>
  );
}

/** Registers a key while the caller is on the page; the newest caller of one key has it. */
export function useShortcut(keys: string, label: string, run: () => void, isEnabled = true): void {
  const registry = useContext(ShortcutsContext);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!isEnabled) return undefined;
    return registry?.add({ keys, label, run: () => latest.current() });
  }, [registry, keys, label, isEnabled]);
}

export function useShortcutHelp(): () => void {
  return useContext(ShortcutsContext)?.openHelp ?? (() => undefined);
}

function ShortcutList({ shortcuts, isOn }: { shortcuts: Shortcut[]; isOn: boolean }) {
  return (
    <div className="grid gap-3">
      {!isOn && <p className="text-muted">Keys of one letter are switched off in the menu at your name.</p>}
      <ul className="grid gap-1">
        {[...shortcuts, { keys: "?", label: "This list", run: () => undefined }].map(({ keys, label }) => (
          <li key={keys} className="flex min-h-6 items-center gap-2">
            <span className="flex-1">{label}</span>
            {keys.split(" ").map((key) => (
              <Kbd key={key}>{key.replace("mod+k", "Ctrl K")}</Kbd>
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]') !== null;
}
