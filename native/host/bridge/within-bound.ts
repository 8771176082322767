import type { HostTimers } from "../ports";

/** How a piece of somebody else's work ended. */
export type BoundedEnd<Value> =
  | { kind: "value"; value: Value }
  | { kind: "threw"; error: unknown }
  | { kind: "timed_out" }
  | { kind: "called_off" };

/**
 * Somebody else's work, which may throw at once or later, never end, or end late: resolves within `limitMs`, or as soon as
 * `outer` is aborted, and never rejects. The work's own signal is aborted when nobody waits for it any more. `gone` hears when
 * the work itself is over, however long that takes.
 */
export function withinBound<Value>(
  work: (signal: AbortSignal) => Value | Promise<Value>,
  bounds: { limitMs: number; timers: HostTimers; outer: AbortSignal; gone?(): void },
): Promise<BoundedEnd<Value>> {
  const { outer, gone = () => undefined } = bounds;
  const own = new AbortController();
  return new Promise((resolve) => {
    const end = (how: BoundedEnd<Value>): void => {
      cancel();
      outer.removeEventListener("abort", callOff);
      resolve(how);
    };
    const callOff = (): void => {
      end({ kind: "called_off" });
      own.abort();
    };
    const cancel = bounds.timers.after(bounds.limitMs, () => {
      end({ kind: "timed_out" });
      own.abort();
    });
    outer.addEventListener("abort", callOff, { once: true });
    if (outer.aborted) {
      callOff();
      gone();
      return;
    }
    // Begun in a turn of its own: what it does at once is not done within the reading of a program's message.
    void Promise.resolve()
      .then(() => work(own.signal))
      .then(
        (value) => end({ kind: "value", value }),
        (error: unknown) => end({ kind: "threw", error }),
      )
      .finally(gone);
  });
}
