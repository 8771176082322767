import type { Store } from "@/db/store";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import type { SyncContext } from "../context";
import { createLoadMeter } from "./ingest-load";
import { createReportPace } from "./report-pace";

export type PacedAnswers = {
  /** Answers a batch, measured, with the time until the next one as load asks for it (spec 7.17). Raises what `take` raises. */
  answer(deviceId: string, take: () => Promise<TelemetryAnswer>): Promise<TelemetryAnswer>;
};

/**
 * The pace of one process's ingest, around whatever takes a batch in. What is raised is announced, so that every page can
 * say so; where that fails, it is logged, and said again half a minute later.
 */
export function createPacedAnswers(
  store: Store,
  { clock, ids, logger }: Pick<SyncContext, "clock" | "ids" | "logger">,
  waitingMax: number,
): PacedAnswers {
  const meter = createLoadMeter({ clock, waitingMax });
  const pace = createReportPace({ clock, load: meter, from: ids.next("process") });

  async function next(deviceId: string, documentSeconds: number): Promise<number> {
    const { intervalSeconds, news } = pace.next(deviceId, documentSeconds);
    if (news === null) return intervalSeconds;
    logger("info", "report_interval", { everySeconds: news.everySeconds, ...meter.read() });
    try {
      await store.in("ingest").transaction(async (tx) => tx.announce(news));
    } catch (error) {
      logger("warn", "report_interval_untold", { error });
    }
    return intervalSeconds;
  }

  return {
    async answer(deviceId, take) {
      const end = meter.begin();
      // Ended before it is looked at: no batch is part of the load that its own device is told of.
      const answer = await take().finally(end);
      return { ...answer, nextIntervalSeconds: await next(deviceId, answer.nextIntervalSeconds) };
    },
  };
}
