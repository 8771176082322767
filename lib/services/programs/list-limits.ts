import { and, eq, sql } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { LimitRow, LimitTable } from "@/lib/contracts/programs";
import type { Measured } from "@/lib/domain/measures/measures";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import type { ServiceContext } from "../context";
import { createDeviceCount, type DeviceCount } from "../measures/device-count";
import { type Live, readLive } from "../measures/live";
import { addPackedTogether } from "../measures/packed-sketches";
import { liveDetails, readHoursOf } from "../measures/read-details";
import { measureSpans, quantileIn, type Span } from "../measures/read-measures";
import { HOUR_MS, startOf, startOfDetails } from "../measures/windows";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";
import { type TelemetryQuery, warnOf } from "./read-telemetry";

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
} as const satisfies Record<LimitName, Measured>;

/** Every limit of a program beside the platform's, the publisher's wish and what device-minutes of the range used. */
export async function listLimits(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  query: TelemetryQuery,
): Promise<LimitTable> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const platform = (await newestPlatformClaims(db))?.claims.limits ?? {};
  const own = (await newestProgramClaims(db, appId))?.claims.limits ?? {};
  const requested = await requestedLimits(db, appId);
  const nowMs = context.clock.nowMs();
  const live = await readLive(db, appId);
  const measures = await measureRange(db, appId, query, live, nowMs);
  const devices = measures?.devices.count() ?? 0;
  const throttled = await throttledDevices(db, appId, query, nowMs);
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
      observed: measures === undefined ? null : observedIn(measures, OBSERVED[name]),
      throttledDeviceShare: devices === 0 ? null : Math.min(1, (throttled.get(name)?.count() ?? 0) / devices),
    });
  }
  return { rows, behind: live.behind };
}

/** What the device-minutes of a range were together; undefined where there are none. */
async function measureRange(
  db: Database,
  appId: string,
  { range, version }: TelemetryQuery,
  live: Live,
  nowMs: number,
): Promise<Span | undefined> {
  const fromMs = startOf(range, nowMs);
  const from = range === "1h" ? "minutes" : "hours";
  const spans = await measureSpans(
    db,
    { appId, version, from, wanted: Object.values(OBSERVED) },
    { fromMs, spanMs: HOUR_MS, lastSpan: 0 },
    live,
  );
  return spans.get(0);
}

function observedIn(span: Span, name: Measured): LimitRow["observed"] {
  const [p50, p95, greatest] = [0.5, 0.95, 1].map((share) => quantileIn(span, name, share));
  if (p50 == null || p95 == null || greatest == null) return null;
  return { p50, p95, max: span.greatest.get(name) ?? greatest };
}

/** The devices that each limit held back since the whole hour that the range begins in. */
async function throttledDevices(
  db: Database,
  appId: string,
  { range, version }: TelemetryQuery,
  nowMs: number,
): Promise<Map<string, DeviceCount>> {
  const sinceMs = startOfDetails(range, nowMs);
  const counts = new Map<string, DeviceCount>();
  const of = (name: string): DeviceCount => {
    const count = counts.get(name) ?? createDeviceCount();
    counts.set(name, count);
    return count;
  };
  const asked = { appId, kind: "limit", sinceMs, nowMs, version } as const;
  await readHoursOf(db, { ...asked, isThrottled: true }, ({ name, sketches }) => addPackedTogether(of(name), sketches));
  for (const { name, throttledMs, deviceId } of (await liveDetails(db, asked)).details) {
    if (throttledMs > 0) of(name).addDevice(deviceId);
  }
  return counts;
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
