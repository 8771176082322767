import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";

export type RateLimit = {
  /** Takes one from the key's bucket; refuses `limit_exceeded` with the time until the next is there. */
  take(key: string): void;
};

const KEYS_MAX = 50_000;

/**
 * A token bucket for each key, in memory: `burst` at once, `perSecond` in the long run. Full buckets are forgotten, so
 * that keys which fell silent cost nothing.
 */
export function createRateLimit(options: { burst: number; perSecond: number; clock: Clock }): RateLimit {
  const { burst, perSecond, clock } = options;
  const buckets = new Map<string, { left: number; atMs: number }>();

  function forgetFull(nowMs: number): void {
    for (const [key, bucket] of buckets) {
      if (bucket.left + ((nowMs - bucket.atMs) / 1000) * perSecond >= burst) buckets.delete(key);
    }
  }

  return {
    take(key) {
      const nowMs = clock.nowMs();
      if (buckets.size >= KEYS_MAX) forgetFull(nowMs);
      const bucket = buckets.get(key) ?? { left: burst, atMs: nowMs };
      // A clock that jumps back gives nothing and takes nothing.
      const gained = (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond;
      bucket.left = Math.min(burst, bucket.left + gained);
      bucket.atMs = nowMs;
      buckets.set(key, bucket);
      if (bucket.left < 1) {
        throw new AppError("limit_exceeded", "Too many requests; try again later.", {
          retryAfterSeconds: (1 - bucket.left) / perSecond,
        });
      }
      bucket.left -= 1;
    },
  };
}
