import { and, asc, eq, gte, max, sql } from "drizzle-orm";
import { countedMinutes, countedUnlisted } from "@/db/counted";
import { changeSets, changes, devices, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct, percentileOf, spansSince1970, sumOf } from "@/db/sums";
import type { TelemetrySeries } from "@/lib/contracts/programs";
import type { TimeRange } from "@/lib/contracts/shared";
import type { Actor } from "@/lib/domain/roles";
import type { Limit, Limits } from "@/native/core/shapes/claims";
import type { ServiceContext } from "../context";
import { countLostSamples } from "../devices/count-lost";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";

/** Seconds of a range, and of one point in its charts. */
export const RANGES: Record<TimeRange, { seconds: number; bucketSeconds: number }> = {
  "1h": { seconds: 3600, bucketSeconds: 60 },
  "24h": { seconds: 86_400, bucketSeconds: 900 },
  "7d": { seconds: 604_800, bucketSeconds: 7200 },
  "14d": { seconds: 1_209_600, bucketSeconds: 14_400 },
};

export type TelemetryQuery = { range: TimeRange; version?: number | undefined };

/**
 * Series for the charts of one program: percentiles of device-minutes by bucket, sums of what was blocked, with
 * decisions marked and limits as published. A bucket without a report is a gap, never a zero.
 */
export async function readTelemetry(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  query: TelemetryQuery,
): Promise<TelemetrySeries> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const { seconds, bucketSeconds } = RANGES[query.range];
  const nowSeconds = Math.floor(context.clock.nowMs() / 1000);
  const firstBucket = Math.floor((nowSeconds - seconds) / bucketSeconds) + 1;
  const lastBucket = Math.floor(nowSeconds / bucketSeconds);
  const since = new Date(firstBucket * bucketSeconds * 1000);
  const minutes = countedMinutes(db);
  const inRange = and(
    eq(minutes.appId, appId),
    gte(minutes.at, since),
    query.version === undefined ? undefined : eq(minutes.versionCode, query.version),
  );
  const buckets = await readBuckets(db, minutes, inRange, bucketSeconds);
  const points: TelemetrySeries["points"] = [];
  for (let bucket = firstBucket; bucket <= lastBucket; bucket += 1) {
    const found = buckets.get(bucket);
    points.push({ ...(found ?? GAP), at: new Date(bucket * bucketSeconds * 1000).toISOString() });
  }
  const [totals] = await db
    .select({
      devices: countDistinct(minutes.deviceId),
      requests: sumOf(minutes.requests),
      blocked: sumOf(minutes.blocked),
      crashes: sumOf(minutes.crashes),
      // A minute is named by its start; the device says when it last told anything.
      newestAt: max(devices.lastSeenAt),
    })
    .from(minutes)
    .leftJoin(devices, eq(devices.id, minutes.deviceId))
    .where(inRange);
  return {
    range: query.range,
    bucketSeconds,
    points,
    marks: await readMarks(db, appId, since),
    limits: await publishedLimits(db, appId),
    totals: {
      devices: totals?.devices ?? 0,
      requests: totals?.requests ?? 0,
      blocked: totals?.blocked ?? 0,
      crashes: totals?.crashes ?? 0,
      lost: await countLostSamples(db),
      unlistedMinutes: await countUnlisted(db, appId, since),
    },
    newestAt: totals?.newestAt?.toISOString() ?? null,
  };
}

const DAY_MS = 86_400_000;

/** Device-minutes since then of versions that were never listed: each minute of a device once, whatever it ran in it. */
async function countUnlisted(db: Database, appId: string, since: Date): Promise<number> {
  const unlisted = countedUnlisted(db);
  const firstDay = new Date(Math.floor(since.getTime() / DAY_MS) * DAY_MS);
  const before = Math.floor((since.getTime() - firstDay.getTime()) / 60_000);
  // The first day without the minutes before the range.
  const minutes = sql`case when ${eq(unlisted.day, firstDay)} then ${unlisted.minutes} << ${sql.raw(String(before))} else ${unlisted.minutes} end`;
  const [row] = await db
    .select({ minutes: sumOf(sql`bit_count(${minutes})`) })
    .from(unlisted)
    .where(and(eq(unlisted.appId, appId), gte(unlisted.day, firstDay)));
  return row?.minutes ?? 0;
}

type Point = Omit<TelemetrySeries["points"][number], "at">;
const GAP: Point = {
  cpuMsP50: null,
  cpuMsP95: null,
  memoryBytesP50: null,
  memoryBytesP95: null,
  requestsP50: null,
  requestsP95: null,
  blocked: null,
  throttledMs: null,
  devices: 0,
};

async function readBuckets(
  db: Database,
  minutes: ReturnType<typeof countedMinutes>,
  inRange: ReturnType<typeof and>,
  bucketSeconds: number,
): Promise<Map<number, Point>> {
  const rows = await db
    .select({
      bucket: spansSince1970(minutes.at, bucketSeconds),
      cpuMsP50: percentileOf(0.5, minutes.cpuMs),
      cpuMsP95: percentileOf(0.95, minutes.cpuMs),
      memoryBytesP50: percentileOf(0.5, minutes.memoryBytesMax),
      memoryBytesP95: percentileOf(0.95, minutes.memoryBytesMax),
      requestsP50: percentileOf(0.5, minutes.requests),
      requestsP95: percentileOf(0.95, minutes.requests),
      blocked: sumOf(minutes.blocked),
      throttledMs: sumOf(minutes.throttledMs),
      devices: countDistinct(minutes.deviceId),
    })
    .from(minutes)
    .where(inRange)
    .groupBy(sql`1`);
  return new Map(rows.map(({ bucket: key, ...point }) => [key, point]));
}

async function readMarks(db: Database, appId: string, since: Date): Promise<TelemetrySeries["marks"]> {
  const published = await db
    .select({ id: changeSets.id, number: changeSets.number, at: changeSets.publishedAt, member: changes.member })
    .from(changeSets)
    .innerJoin(changes, eq(changes.changeSetId, changeSets.id))
    .where(
      and(
        eq(changeSets.state, "published"),
        gte(changeSets.publishedAt, since),
        sql`starts_with(${changes.member}, ${`program:${appId}/`})`,
      ),
    )
    .orderBy(asc(changeSets.publishedAt))
    .limit(200);
  const marks = new Map<string, TelemetrySeries["marks"][number]>();
  for (const row of published) {
    if (row.at === null) continue;
    const kind = row.member.endsWith("/status") ? "suspension" : "publish";
    if (marks.has(row.id) && kind === "publish") continue;
    marks.set(row.id, {
      at: row.at.toISOString(),
      kind,
      title:
        kind === "suspension" ? `Status changed by change set ${row.number}` : `Change set ${row.number} published`,
      changeSetId: row.id,
    });
  }
  const listed = await db
    .select({ code: versions.code, listedAt: versions.listedAt })
    .from(versions)
    .where(and(eq(versions.appId, appId), gte(versions.listedAt, since)));
  return [
    ...marks.values(),
    ...listed.flatMap(({ code, listedAt }) =>
      listedAt === null
        ? []
        : [{ at: listedAt.toISOString(), kind: "version" as const, title: `v${code} live`, changeSetId: null }],
    ),
  ];
}

/** The limits that count for a program: its own, else the platform's (contract §4). */
export async function effectiveLimits(db: Database, appId: string): Promise<Limits> {
  const platform = await newestPlatformClaims(db);
  const program = await newestProgramClaims(db, appId);
  return { ...(platform?.claims.limits ?? {}), ...(program?.claims.limits ?? {}) };
}

/** An absent `warn` is 75 % of `max`, rounded down (contract §5). */
export function warnOf(limit: Limit): number {
  return limit.warn ?? Math.floor(limit.max * 0.75);
}

async function publishedLimits(db: Database, appId: string): Promise<TelemetrySeries["limits"]> {
  const limits = await effectiveLimits(db, appId);
  const line = (limit: Limit | undefined) => (limit === undefined ? null : { warn: warnOf(limit), max: limit.max });
  return {
    cpuMsPerMinute: line(limits.cpuMsPerMinute),
    memoryBytes: line(limits.memoryBytes),
    requestsPerMinute: line(limits.requestsPerMinute),
  };
}
