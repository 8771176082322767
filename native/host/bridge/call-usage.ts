/** Allowed calls of each capability in the running minute and day, for `perMinute` and `perDay` (spec §3). */
export type CallUsage = {
  of(capability: string): {
    used: { perMinute: number; perDay: number };
    retryAfterMs: { perMinute: number; perDay: number };
  };
  add(capability: string): void;
  /** What the next start has to know, so that ending a program does not give it its day anew. */
  snapshot(): UsageSnapshot;
};

/** By capability: pairs of a second and the calls within it, oldest first. */
export type UsageSnapshot = Record<string, [second: number, calls: number][]>;

const MINUTE = 60;
const DAY = 86_400;
/** Seconds that are told apart; older ones are joined, which forgets them later, never sooner. */
const ENTRIES_MAX = 1_440;

type Entry = { second: number; calls: number };
/** Oldest first, none older than a day once it was looked at, and the calls of all of them together. */
type Counted = { entries: Entry[]; calls: number };

function restore(snapshot: UsageSnapshot): Map<string, Counted> {
  return new Map(
    Object.entries(snapshot).map(([name, pairs]) => {
      const entries = pairs.map(([second, calls]) => ({ second, calls }));
      return [name, { entries, calls: entries.reduce((sum, { calls }) => sum + calls, 0) }];
    }),
  );
}

/**
 * A window is (t − W, t], as of the limits. `nowSeconds` is time for stored documents, which does not run back. It is asked at every
 * call, so no answer costs more than a minute's entries.
 */
export function createCallUsage(nowSeconds: () => number, snapshot: UsageSnapshot = {}): CallUsage {
  const counted = restore(snapshot);

  const forgetOld = (known: Counted, now: number): void => {
    const { entries } = known;
    while (entries[0] !== undefined && entries[0].second <= now - DAY) known.calls -= entries.shift()?.calls ?? 0;
    while (entries.length > ENTRIES_MAX) {
      const [oldest, next] = entries;
      if (oldest === undefined || next === undefined) return;
      next.calls += oldest.calls;
      entries.shift();
    }
  };
  const minuteOf = ({ entries }: Counted, now: number): { used: number; oldest: Entry | undefined } => {
    let used = 0;
    let oldest: Entry | undefined;
    for (let at = entries.length - 1; at >= 0; at -= 1) {
      const entry = entries[at];
      if (entry === undefined || entry.second <= now - MINUTE) break;
      used += entry.calls;
      oldest = entry;
    }
    return { used, oldest };
  };
  /** Until the oldest of a window leaves it. */
  const waitMs = (oldest: Entry | undefined, window: number, now: number): number =>
    oldest === undefined ? 0 : (oldest.second - (now - window)) * 1000;

  return {
    of(capability) {
      const known = counted.get(capability) ?? { entries: [], calls: 0 };
      const now = nowSeconds();
      forgetOld(known, now);
      const minute = minuteOf(known, now);
      return {
        used: { perMinute: minute.used, perDay: known.calls },
        retryAfterMs: {
          perMinute: waitMs(minute.oldest, MINUTE, now),
          perDay: waitMs(known.entries[0], DAY, now),
        },
      };
    },
    add(capability) {
      const known = counted.get(capability) ?? { entries: [], calls: 0 };
      counted.set(capability, known);
      const second = nowSeconds();
      const last = known.entries.at(-1);
      if (last !== undefined && last.second >= second) last.calls += 1;
      else known.entries.push({ second, calls: 1 });
      known.calls += 1;
      forgetOld(known, second);
    },
    snapshot() {
      const now = nowSeconds();
      for (const known of counted.values()) forgetOld(known, now);
      return Object.fromEntries(
        [...counted].map(([name, { entries }]) => [name, entries.map(({ second, calls }) => [second, calls])]),
      );
    },
  };
}
