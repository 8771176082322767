import type { HostTimers } from "../ports";

/** Timers by name: one that is set again replaces the one before. */
export type Alarms = {
  set(name: string, afterMs: number): void;
  clear(name: string): void;
  /** Lets one that is set go off before its time. */
  ring(name: string): void;
  /** Calls all off, and sets none any more. */
  end(): void;
};

export function createAlarms(timers: HostTimers, onRing: (name: string) => void): Alarms {
  const waiting = new Map<string, () => void>();
  let isOver = false;

  function clear(name: string): void {
    waiting.get(name)?.();
    waiting.delete(name);
  }
  function go(name: string): void {
    waiting.delete(name);
    onRing(name);
  }
  return {
    clear,
    set(name, afterMs) {
      clear(name);
      if (!isOver)
        waiting.set(
          name,
          timers.after(afterMs, () => go(name)),
        );
    },
    ring(name) {
      if (!waiting.has(name)) return;
      clear(name);
      go(name);
    },
    end() {
      isOver = true;
      for (const name of [...waiting.keys()]) clear(name);
    },
  };
}
