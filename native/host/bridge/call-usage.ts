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

function restore(snapshot: UsageSnapshot): Map<string, Entry[]> {
  return new Map(
    Object.entries(snapshot).map(([name, pairs]) => [name, pairs.map(([second, calls]) => ({ second, calls }))]),
  );
}

/** A window is (t − W, t], as of the limits. `nowSeconds` is time for stored documents, which does not run back. */
export function createCallUsage(nowSeconds: () => number, snapshot: UsageSnapshot = {}): CallUsage {
  const counted = restore(snapshot);

  const within = (entries: readonly Entry[], window: number): { used: number; retryAfterMs: number } => {
    const since = nowSeconds() - window;
    const inside = entries.filter((entry) => entry.second > since);
    const used = inside.reduce((sum, entry) => sum + entry.calls, 0);
    return { used, retryAfterMs: inside[0] === undefined ? 0 : (inside[0].second - since) * 1000 };
  };
  const forgetOld = (entries: Entry[]): void => {
    const since = nowSeconds() - DAY;
    while (entries[0] !== undefined && entries[0].second <= since) entries.shift();
    while (entries.length > ENTRIES_MAX) {
      const [oldest, next] = entries;
      if (oldest === undefined || next === undefined) return;
      next.calls += oldest.calls;
      entries.shift();
    }
  };

  return {
    of(capability) {
      const entries = counted.get(capability) ?? [];
      const minute = within(entries, MINUTE);
      const day = within(entries, DAY);
      return {
        used: { perMinute: minute.used, perDay: day.used },
        retryAfterMs: { perMinute: minute.retryAfterMs, perDay: day.retryAfterMs },
      };
    },
    add(capability) {
      const entries = counted.get(capability) ?? [];
      counted.set(capability, entries);
      const second = nowSeconds();
      const last = entries.at(-1);
      if (last !== undefined && last.second >= second) last.calls += 1;
      else entries.push({ second, calls: 1 });
      forgetOld(entries);
    },
    snapshot() {
      for (const entries of counted.values()) forgetOld(entries);
      return Object.fromEntries(
        [...counted].map(([name, entries]) => [name, entries.map(({ second, calls }) => [second, calls])]),
      );
    },
  };
}
