import { and, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Store, Watched } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import { createPresentPace } from "../telemetry/present-pace";
import { createReportLeases } from "./report-leases";
import { DEVICES_A_PROGRAM, dueBetween } from "./report-turns";

const TICK_MS = 250;
/** Which devices run a program is asked this often while somebody looks at it. */
const CHOOSE_EVERY_MS = 10_000;
/** Of devices that were not seen since then one that was is asked first. */
const LATELY_MS = 15 * 60_000;
const SEEN_MS = 24 * 3_600_000;

/** The same twenty in every process: those seen lately first, in an order that no device chooses and no program shares. */
async function devicesOf(store: Store, watched: Watched, nowMs: number): Promise<string[]> {
  const since = (ms: number) => new Date(nowMs - ms);
  const isAsked: SQL =
    "appId" in watched
      ? sql`jsonb_exists(${devices.appliedPrograms}, ${watched.appId})`
      : eq(devices.id, watched.deviceId);
  const rows = await store
    .in("page")
    .db.select({ id: devices.id })
    .from(devices)
    .where(and(isNull(devices.revokedAt), gt(devices.lastSeenAt, since(SEEN_MS)), isAsked))
    .orderBy(
      sql`${devices.lastSeenAt} < ${since(LATELY_MS).toISOString()}::timestamptz`,
      sql`md5(${devices.id} || ${JSON.stringify(watched)})`,
    )
    .limit(DEVICES_A_PROGRAM);
  return rows.map(({ id }) => id);
}

/** `tick` never rejects. */
type Repeat = (tick: () => Promise<void>) => () => void;

const repeatByTimer: Repeat = (tick) => {
  const timer = setInterval(() => void tick(), TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
};

/**
 * Asks the devices of this process's streams to report while somebody looks at them or at their programs (spec 7.17):
 * at most 20 of a program, and 50 a second in all processes together. While load raises the time between reports nobody
 * is asked. Answers with the function that stops it.
 */
export function startReportNow(options: {
  store: Store;
  /** Says it on the device's streams; nothing where this process has none. */
  reportNow(deviceId: string): void;
  clock: Clock;
  logger: Logger;
  /** Calls again and again until it is stopped; each quarter of a second unless a test does it. */
  repeat?: Repeat;
}): () => void {
  const { store, reportNow, clock, logger, repeat = repeatByTimer } = options;
  const leases = createReportLeases(clock);
  const pace = createPresentPace(store, clock);
  let asked: ReadonlySet<string> = new Set();
  let chosenMs: number | null = null;
  let isChoosing = false;
  let stopTicking: (() => void) | undefined;
  let lastMs = clock.nowMs();

  async function choose(held: readonly Watched[]): Promise<void> {
    isChoosing = true;
    chosenMs = clock.nowMs();
    try {
      const chosen: string[] = [];
      for (const watched of held) chosen.push(...(await devicesOf(store, watched, clock.nowMs())));
      asked = new Set(leases.held().length === 0 ? [] : chosen);
    } catch (error) {
      logger("warn", "report_devices_unread", { error });
    } finally {
      isChoosing = false;
    }
  }

  async function tick(): Promise<void> {
    const nowMs = clock.nowMs();
    const held = leases.held();
    if (held.length === 0) {
      stopTicking?.();
      stopTicking = undefined;
      asked = new Set();
      chosenMs = null;
      return;
    }
    const isOld = chosenMs === null || Math.abs(nowMs - chosenMs) >= CHOOSE_EVERY_MS;
    if (isOld && !isChoosing) await choose(held);
    if (pace.everySeconds() === null) for (const id of dueBetween(asked, lastMs, nowMs)) reportNow(id);
    lastMs = nowMs;
  }

  const stop = store.subscribe((announcement) => {
    if (announcement.topic !== "watch") return;
    const before = leases.held().length;
    // Who looks is held to their share where they ask; here each thing that is looked at is one.
    leases.take(announcement.watched, JSON.stringify(announcement.watched));
    if (leases.held().length > before) chosenMs = null;
    if (stopTicking !== undefined) return;
    lastMs = clock.nowMs();
    stopTicking = repeat(tick);
  });
  return () => {
    stopTicking?.();
    pace.close();
    stop();
  };
}
