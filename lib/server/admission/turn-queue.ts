import type { QueueFigures } from "@/lib/contracts/readiness";
import type { QueueName } from "@/lib/domain/readiness-names";
import { AppError } from "@/lib/platform/errors";

export type TurnQueueBounds = {
  /** Turns at once, of all and of one. */
  runningMax: number;
  runningOfOneMax: number;
  /** Who waits for one, of all and of one. */
  waitingMax: number;
  waitingOfOneMax: number;
  /** Bytes that all of them hold, running and waiting. */
  bytesMax: number;
  /** Bytes that one of those who ask holds; as many as all where it is not said. */
  bytesOfOneMax?: number;
  /** Nobody waits longer. */
  waitMsMax: number;
};

export type Turn = {
  /** Resolves when it is one's turn, with the time waited; rejects `unavailable` where it was waited for too long. */
  came: Promise<number>;
  /** Gives the turn back, or stops waiting for it. A second call does nothing. */
  leave(): void;
};

export type TurnQueue = {
  /**
   * Asks for a turn; `whose` is who shares are counted by. Raises `unavailable` with a jittered `Retry-After`, by how fast
   * turns were given back lately, where all places or those of one are taken: nothing was begun then.
   */
  enter(whose: string, bytes?: number, isFirst?: boolean): Turn;
  figures(): QueueFigures;
  /** Sends away whoever waits. */
  close(): void;
};

export type TurnQueuePorts = {
  uptimeMs?: () => number;
  random?: () => number;
  /** Hears of each refusal. */
  onRefused?: (queue: QueueName) => void;
};

type Waiting = { whose: string; bytes: number; sinceMs: number; begin(): void; sendAway(error: AppError): void };

const MINUTE_MS = 60_000;
const RATE_MS = 10_000;
const RETRY_SECONDS_MAX = 60;

/**
 * A bounded queue with a share for each of those who ask: whoever asks is served in turn, whatever others have asked for,
 * and nobody fills it alone. `isFirst` goes before what waits already, within the same bounds.
 */
export function createTurnQueue(name: QueueName, bounds: TurnQueueBounds, ports: TurnQueuePorts = {}): TurnQueue {
  const { uptimeMs = () => performance.now(), random = Math.random, onRefused } = ports;
  /** Who waits, by whose it is; whose turn is next comes first. */
  const waiting = new Map<string, Waiting[]>();
  const running = new Map<string, number>();
  const bytesOf = new Map<string, number>();
  const { bytesMax, bytesOfOneMax = bytesMax } = bounds;
  const refusedAt: number[] = [];
  const leftAt: number[] = [];
  let counts = { running: 0, waiting: 0, bytes: 0 };
  let longest = { runMs: 0, waitMs: 0 };

  const lately = (times: number[], ms: number) => {
    const since = uptimeMs() - ms;
    while (times.length > 0 && (times[0] ?? 0) < since) times.shift();
    return times.length;
  };

  function retryAfterSeconds(): number {
    const perSecond = Math.max(lately(leftAt, RATE_MS) / (RATE_MS / 1000), 0.5);
    const seconds = Math.min(RETRY_SECONDS_MAX, Math.max(1, (counts.running + counts.waiting) / perSecond));
    return seconds * (0.5 + random());
  }

  function refusal(): AppError {
    refusedAt.push(uptimeMs());
    lately(refusedAt, MINUTE_MS);
    onRefused?.(name);
    const message = "There is more to do here than can be done at once. Nothing was begun; ask again later.";
    return new AppError("unavailable", message, { retryAfterSeconds: retryAfterSeconds(), isOverload: true });
  }

  const isFullFor = (whose: string) =>
    counts.running >= bounds.runningMax || (running.get(whose) ?? 0) >= bounds.runningOfOneMax;

  function hold(whose: string, bytes: number): void {
    counts = { ...counts, bytes: counts.bytes + bytes };
    const own = (bytesOf.get(whose) ?? 0) + bytes;
    if (own === 0) bytesOf.delete(whose);
    else bytesOf.set(whose, own);
  }

  function begin(whose: string): void {
    running.set(whose, (running.get(whose) ?? 0) + 1);
    counts = { ...counts, running: counts.running + 1 };
  }

  function end(whose: string, bytes: number): void {
    const left = (running.get(whose) ?? 1) - 1;
    if (left === 0) running.delete(whose);
    else running.set(whose, left);
    counts = { ...counts, running: counts.running - 1 };
    hold(whose, -bytes);
    leftAt.push(uptimeMs());
    lately(leftAt, RATE_MS);
    beginNext();
  }

  function remove(one: Waiting): boolean {
    const own = waiting.get(one.whose) ?? [];
    if (!own.includes(one)) return false;
    const rest = own.filter((other) => other !== one);
    if (rest.length === 0) waiting.delete(one.whose);
    else waiting.set(one.whose, rest);
    counts = { ...counts, waiting: counts.waiting - 1 };
    return true;
  }

  function beginNext(): void {
    for (const [whose, own] of waiting) {
      const [next] = own;
      if (counts.running >= bounds.runningMax) return;
      if (next === undefined || isFullFor(whose)) continue;
      remove(next);
      // Behind all others, who come before the rest of what this one asked for.
      const rest = waiting.get(whose);
      if (rest !== undefined) {
        waiting.delete(whose);
        waiting.set(whose, rest);
      }
      next.begin();
    }
  }

  function wait(one: Waiting, isFirst: boolean): void {
    const own = waiting.get(one.whose) ?? [];
    counts = { ...counts, waiting: counts.waiting + 1 };
    if (!isFirst) {
      waiting.set(one.whose, [...own, one]);
      return;
    }
    const others = [...waiting].filter(([whose]) => whose !== one.whose);
    waiting.clear();
    waiting.set(one.whose, [one, ...own]);
    for (const [whose, theirs] of others) waiting.set(whose, theirs);
  }

  return {
    enter(whose, bytes = 0, isFirst = false) {
      const mustWait = isFullFor(whose);
      const isFull =
        counts.bytes + bytes > bytesMax ||
        (bytesOf.get(whose) ?? 0) + bytes > bytesOfOneMax ||
        (mustWait &&
          (counts.waiting >= bounds.waitingMax || (waiting.get(whose)?.length ?? 0) >= bounds.waitingOfOneMax));
      if (isFull) throw refusal();
      hold(whose, bytes);
      const sinceMs = uptimeMs();
      let state: "waiting" | "running" | "left" = "waiting";
      let startedMs = 0;
      let timer: NodeJS.Timeout | undefined;
      let one: Waiting | undefined;
      const came = new Promise<number>((resolve, reject) => {
        const start = () => {
          clearTimeout(timer);
          state = "running";
          startedMs = uptimeMs();
          longest = { ...longest, waitMs: Math.max(longest.waitMs, startedMs - sinceMs) };
          begin(whose);
          resolve(startedMs - sinceMs);
        };
        if (!mustWait) {
          start();
          return;
        }
        const sendAway = (error: AppError) => {
          state = "left";
          clearTimeout(timer);
          hold(whose, -bytes);
          reject(error);
        };
        const own: Waiting = { whose, bytes, sinceMs, begin: start, sendAway };
        one = own;
        wait(own, isFirst);
        timer = setTimeout(() => {
          if (remove(own)) sendAway(refusal());
        }, bounds.waitMsMax);
        timer.unref();
      });
      return {
        came,
        leave() {
          if (state === "running") {
            longest = { ...longest, runMs: Math.max(longest.runMs, uptimeMs() - startedMs) };
            state = "left";
            end(whose, bytes);
          } else if (state === "waiting" && one !== undefined && remove(one)) {
            state = "left";
            clearTimeout(timer);
            hold(whose, -bytes);
          }
        },
      };
    },
    figures: () => ({
      name,
      running: counts.running,
      runningMax: bounds.runningMax,
      waiting: counts.waiting,
      waitingMax: bounds.waitingMax,
      refusedLately: lately(refusedAt, MINUTE_MS),
      longestMs: Math.round(longest.runMs),
      longestWaitMs: Math.round(longest.waitMs),
    }),
    close() {
      const error = new AppError("unavailable", "The server stops. Nothing was begun; ask again.", {
        retryAfterSeconds: 2,
        isOverload: true,
      });
      for (const own of [...waiting.values()].flat()) if (remove(own)) own.sendAway(error);
    },
  };
}
