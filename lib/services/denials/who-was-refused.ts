import { and, count, desc, eq, isNotNull } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct } from "@/db/sums";
import type { DenialDetail } from "@/lib/contracts/programs";
import type { ToldRefusal } from "@/lib/domain/denials/replay";
import { causesByVersion } from "./causes-by-version";

const ROWS_MAX = 5;

/**
 * Whom a cause met: versions by all that was counted; runtimes and devices by the single records that are kept, of which
 * sampling may have taken some, with how many those are.
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
  const [all] = await db
    .select({ records: count(), devices: countDistinct(events.deviceId) })
    .from(events)
    .where(ofCause);
  const byDevice = await db
    .select({ deviceId: events.deviceId, name: devices.name, records: count() })
    .from(events)
    .innerJoin(devices, eq(devices.id, events.deviceId))
    .where(ofCause)
    .groupBy(events.deviceId, devices.name)
    .orderBy(desc(count()), events.deviceId)
    .limit(ROWS_MAX);
  const byRuntime = await db
    .select({ kind: devices.runtimeKind, version: devices.runtimeVersion, records: count() })
    .from(events)
    .innerJoin(devices, eq(devices.id, events.deviceId))
    .where(ofCause)
    .groupBy(devices.runtimeKind, devices.runtimeVersion)
    .orderBy(desc(count()), devices.runtimeKind, devices.runtimeVersion)
    .limit(ROWS_MAX);
  return {
    versions:
      told === null
        ? []
        : (await causesByVersion(db, appId, told, nowMs))
            .sort((a, b) => b.versionCode - a.versionCode)
            .slice(0, ROWS_MAX)
            .map(({ versionCode, times, devices: number }) => ({ versionCode, times, devices: number })),
    records: all?.records ?? 0,
    recordDevices: all?.devices ?? 0,
    runtimes: byRuntime,
    devices: byDevice,
  };
}
