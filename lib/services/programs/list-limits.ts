import { and, eq, gt, gte, isNotNull, max, sql } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { holdsCode } from "@/db/held-codes";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct, numberOf, percentileOf } from "@/db/sums";
import type { LimitRow } from "@/lib/contracts/programs";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";
import { RANGES, type TelemetryQuery, warnOf } from "./read-telemetry";

/** What a device-minute tells of each limit's use. */
const OBSERVED = {
  cpuMsPerMinute: "cpuMs",
  memoryBytes: "memoryBytesMax",
  requestsPerSecond: "requestsPerSecondMax",
  requestsPerMinute: "requests",
  requestsInFlight: "inFlightMax",
  bridgeCallsPerSecond: "bridgeCallsPerSecondMax",
  storageBytes: "storageBytesMax",
  cacheBytes: "cacheBytesMax",
} as const satisfies Record<LimitName, keyof Minutes>;
type Minutes = ReturnType<typeof countedMinutes>;

/** Every limit of a program beside the platform's, the publisher's wish and what device-minutes of the range used. */
export async function listLimits(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  query: TelemetryQuery,
): Promise<{ rows: LimitRow[] }> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const platform = (await newestPlatformClaims(db))?.claims.limits ?? {};
  const own = (await newestProgramClaims(db, appId))?.claims.limits ?? {};
  const requested = await requestedLimits(db, appId);
  const since = new Date(context.clock.nowMs() - RANGES[query.range].seconds * 1000);
  const minutes = countedMinutes(db);
  const inRange = and(
    eq(minutes.appId, appId),
    gte(minutes.at, since),
    query.version === undefined ? undefined : eq(minutes.versionCode, query.version),
  );
  const rows: LimitRow[] = [];
  for (const name of LIMIT_NAMES) {
    const limit = own[name] ?? platform[name];
    rows.push({
      name,
      effective: limit === undefined ? null : { warn: warnOf(limit), max: limit.max, action: limit.action },
      source: own[name] !== undefined ? "program" : platform[name] !== undefined ? "platform" : "none",
      member: formatMember({ kind: "limit", appId, name }),
      value: own[name] ?? null,
      platformValue: platform[name] ?? null,
      requested: requested[name] ?? null,
      observed: await readObserved(db, minutes, inRange, OBSERVED[name]),
      throttledDeviceShare: await throttledShare(db, minutes, inRange, name),
    });
  }
  return { rows };
}

async function readObserved(
  db: Database,
  minutes: Minutes,
  inRange: ReturnType<typeof and>,
  column: (typeof OBSERVED)[LimitName],
): Promise<LimitRow["observed"]> {
  const [row] = await db
    .select({
      p50: percentileOf(0.5, minutes[column]),
      p95: percentileOf(0.95, minutes[column]),
      max: max(minutes[column]),
    })
    .from(minutes)
    .where(inRange);
  if (row?.p50 == null || row.p95 == null || row.max == null) return null;
  return { p50: Number(row.p50), p95: Number(row.p95), max: Number(row.max) };
}

/** Of the devices that tell what their limits did, the share that this one held back; null where none tells. */
async function throttledShare(
  db: Database,
  minutes: Minutes,
  inRange: ReturnType<typeof and>,
  name: LimitName,
): Promise<number | null> {
  const throttledMs = numberOf(sql`${minutes.limits}->${sql.raw(`'${name}'`)}->'throttledMs'`);
  const [row] = await db
    .select({
      devices: countDistinct(minutes.deviceId, isNotNull(minutes.limits)),
      throttled: countDistinct(minutes.deviceId, gt(throttledMs, 0)),
    })
    .from(minutes)
    .where(inRange);
  return row === undefined || row.devices === 0 ? null : row.throttled / row.devices;
}

/** What the newest version asks for in its manifest (`bulkhead_limits`, spec §2). */
async function requestedLimits(db: Database, appId: string): Promise<Partial<Record<string, number>>> {
  const [row] = await db
    .select({ manifest: versions.manifest })
    .from(versions)
    .where(and(eq(versions.appId, appId), holdsCode()))
    .orderBy(sql`${versions.code} desc`)
    .limit(1);
  const wished = row?.manifest.bulkhead_limits;
  // Safe: the manifest was validated when it was handed in, so this member is a record of integers.
  return typeof wished === "object" && wished !== null ? (wished as Record<string, number>) : {};
}
