import { and, count, desc, eq, isNotNull } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct } from "@/db/sums";
import type { DenialDetail } from "@/lib/contracts/programs";
import type { ToldRefusal } from "@/lib/domain/denials/replay";
import { causesByVersion } from "./causes-by-version";

const ROWS_MAX = 5;
/** Single records that are looked at, the newest. */
const RECORDS_MAX = 10_000;

/**
 * Whom a cause met: versions by all that was counted; devices, and the runtimes that those have today, by the newest single
 * records that are kept, of which sampling may have taken some, with how many those are.
 */
export async function readWho(
  db: Database,
  appId: string,
  cause: string,
  told: ToldRefusal | null,
  nowMs: number,
): Promise<DenialDetail["who"]> {
  const events = countedEvents(db);
  const ofCause = and(eq(events.cause, cause), eq(events.appId, appId), isNotNull(events.denialId));
  const recent = db
    .select({ deviceId: events.deviceId })
    .from(events)
    .where(ofCause)
    .orderBy(desc(events.at))
    .limit(RECORDS_MAX)
    .as("recent");
  const [all] = await db.select({ records: count(), devices: countDistinct(recent.deviceId) }).from(recent);
  const byDevice = await db
    .select({ deviceId: recent.deviceId, name: devices.name, records: count() })
    .from(recent)
    .innerJoin(devices, eq(devices.id, recent.deviceId))
    .groupBy(recent.deviceId, devices.name)
    .orderBy(desc(count()), recent.deviceId)
    .limit(ROWS_MAX);
  const byRuntime = await db
    .select({ kind: devices.runtimeKind, version: devices.runtimeVersion, records: count() })
    .from(recent)
    .innerJoin(devices, eq(devices.id, recent.deviceId))
    .groupBy(devices.runtimeKind, devices.runtimeVersion)
    .orderBy(desc(count()), devices.runtimeKind, devices.runtimeVersion)
    .limit(ROWS_MAX);
  return {
    versions:
      told === null
        ? []
        : (await causesByVersion(db, appId, told, nowMs))
            .sort(
              (a, b) =>
                Number(b.versionCode === told.versionCode) - Number(a.versionCode === told.versionCode) ||
                Number(b.times > 0) - Number(a.times > 0) ||
                b.versionCode - a.versionCode,
            )
            .slice(0, ROWS_MAX)
            .map(({ versionCode, times, devices: number }) => ({ versionCode, times, devices: number })),
    records: all?.records ?? 0,
    isMore: (all?.records ?? 0) >= RECORDS_MAX,
    recordDevices: all?.devices ?? 0,
    runtimes: byRuntime,
    devices: byDevice,
  };
}
