import type { QueueFigures } from "@/lib/contracts/readiness";
import { QUEUES, type QueueName } from "@/lib/domain/readiness-names";
import type { Logger } from "@/lib/platform/logger";
import type { Check } from "../readiness/create-readiness";

export type Overload = {
  /** To be called at each refusal. */
  noteRefusal(queue: QueueName): void;
  /** Ends what is over; called by itself while there is an overload. */
  look(): void;
  close(): void;
};

const QUIET_MS = 60_000;
const LOOK_MS = 5_000;

/** Logs an overload once when it begins and once when nobody was sent away for a minute, with how many were. */
export function createOverload(logger: Logger, uptimeMs: () => number = () => performance.now()): Overload {
  let overload: { sinceMs: number; lastMs: number; refused: Partial<Record<QueueName, number>> } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    if (overload === undefined) return;
    const { sinceMs, lastMs, refused } = overload;
    overload = undefined;
    clearInterval(timer);
    logger("warn", "overload_ended", { refused, forMs: Math.round(lastMs - sinceMs) });
  }
  function look(): void {
    if (overload !== undefined && uptimeMs() - overload.lastMs >= QUIET_MS) end();
  }

  return {
    noteRefusal(queue) {
      const nowMs = uptimeMs();
      if (overload === undefined) {
        overload = { sinceMs: nowMs, lastMs: nowMs, refused: {} };
        logger("warn", "overload_began", { queue });
        timer = setInterval(look, LOOK_MS);
        timer.unref();
      }
      overload.lastMs = nowMs;
      overload.refused[queue] = (overload.refused[queue] ?? 0) + 1;
    },
    look,
    close: end,
  };
}

/** Whether anybody was sent away in the last minute, from which queue and how many. */
export const admission = (figures: () => readonly QueueFigures[]): Check => ({
  name: "admission",
  async run() {
    const full = figures().filter(({ refusedLately }) => refusedLately > 0);
    if (full.length === 0) return { state: "ok", says: "Nobody was sent away in the last minute." };
    const counts = full.map(({ name, refusedLately }) => `${QUEUES[name]} ${refusedLately}`).join(", ");
    return {
      state: "warn",
      says: `Sent away in the last minute, to ask again later: ${counts}.`,
      remedy:
        "Look at what asks so much (the log's lines of requests). Devices send again by themselves; a longer interval of telemetry, Postgres or more processes carry more.",
    };
  },
});
