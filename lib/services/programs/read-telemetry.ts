import { and, asc, eq, gte, sql } from "drizzle-orm";
import { countedUnlisted } from "@/db/counted";
import { changeSets, changes, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { sumOf as sumOfColumn } from "@/db/sums";
import type { ChartFilter, TelemetrySeries } from "@/lib/contracts/programs";
import { CHART_COUNTS, CHARTED } from "@/lib/domain/measures/charted";
import type { Actor } from "@/lib/domain/roles";
import type { TimeRange } from "@/lib/domain/time-ranges";
import { LIMIT_NAMES } from "@/native/core/codes";
import type { Limit, Limits } from "@/native/core/shapes/claims";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import type { ServiceContext } from "../context";
import { countLostSamples } from "../devices/count-lost";
import { createDeviceCount } from "../measures/device-count";
import { type LiveMinute, newestReport, readLive } from "../measures/live";
import { greatestIn, isByHour, measureSpans, minutesOf, quantileIn, type Span } from "../measures/read-measures";
import { cutOf, startOf } from "../measures/windows";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";
import { newestPlatformClaims, newestProgramClaims } from "./newest-claims";

export type TelemetryQuery = { range: TimeRange; version?: number | undefined };

/**
 * Series for the charts of one program: percentiles of device-minutes by bucket, within 1/32, sums of all devices, with decisions
 * marked and limits as published. A bucket without a report is a gap, never a zero. Of one kind of runtime or of a label a
 * bucket is an hour at least: what is kept of shorter times does not know them.
 */
export async function readTelemetry(
  context: ServiceContext,
  actor: Actor,
  appId: string,
  query: ChartFilter,
): Promise<TelemetrySeries> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const { range, version, runtime, ...named } = query;
  const whose = { version, runtime, labels: named };
  const { bucketSeconds, from } = cutOf(range, isByHour(whose));
  const nowMs = context.clock.nowMs();
  const spanMs = bucketSeconds * 1000;
  const firstSpan = Math.floor(startOf(range, nowMs) / spanMs);
  const lastSpan = Math.floor(nowMs / spanMs);
  const fromMs = firstSpan * spanMs;
  const live = await readLive(db, appId);
  const minutes = await minutesOf(db, live.minutes, whose);
  const spans = await measureSpans(
    db,
    { appId, ...whose, from, wanted: CHARTED },
    { fromMs, spanMs, lastSpan },
    minutes,
  );
  const numbers = Array.from({ length: lastSpan - firstSpan + 1 }, (_, nth) => firstSpan + nth);
  const points = numbers.map((span) => spans.get(span));
  return {
    range,
    bucketSeconds,
    times: numbers.map((span) => new Date(span * spanMs).toISOString()),
    devices: points.map((span) => span?.devices.count() ?? 0),
    measures: byName(CHARTED, (name) => ({
      p50: points.map((span) => (span === undefined ? null : quantileIn(span, name, 0.5))),
      p95: points.map((span) => (span === undefined ? null : quantileIn(span, name, 0.95))),
      max: points.map((span) => (span === undefined ? null : greatestIn(span, name))),
    })),
    counts: byName(CHART_COUNTS, (name) => points.map((span) => span?.counted[name] ?? null)),
    marks: await readMarks(db, appId, new Date(fromMs)),
    limits: await publishedLimits(db, appId),
    totals: {
      ...sumUp([...spans.values()]),
      lost: await countLostSamples(db),
      unlistedMinutes: await countUnlisted(db, appId, new Date(fromMs)),
    },
    newestAt: await newestTold(db, minutes, spans, { spanMs, nowMs }),
    behind: live.behind,
  };
}

/** Safe: one member a name. */
const byName = <Name extends string, Value>(names: readonly Name[], of: (name: Name) => Value) =>
  Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>;

/** When a device reported last; of minutes that are folded, when the newest of them was over. Null where nothing was told. */
async function newestTold(
  db: Database,
  minutes: readonly LiveMinute[],
  spans: ReadonlyMap<number, Span>,
  { spanMs, nowMs }: { spanMs: number; nowMs: number },
): Promise<string | null> {
  const reported = await newestReport(db, minutes);
  if (reported !== null) return reported.toISOString();
  const newest = Math.max(...spans.keys());
  return spans.size === 0 ? null : new Date(Math.min(nowMs, (newest + 1) * spanMs)).toISOString();
}

function sumUp(all: readonly Span[]): { devices: number; requests: number; blocked: number; crashes: number } {
  const devices = createDeviceCount();
  for (const span of all) devices.addAll(span.devices);
  const sumOf = (name: "requests" | "blocked" | "crashes") =>
    all.reduce((sum, { counted }) => addSaturating(sum, counted[name]), 0);
  return {
    devices: devices.count(),
    requests: sumOf("requests"),
    blocked: sumOf("blocked"),
    crashes: sumOf("crashes"),
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
    .select({ minutes: sumOfColumn(sql`bit_count(${minutes})`) })
    .from(unlisted)
    .where(and(eq(unlisted.appId, appId), gte(unlisted.day, firstDay)));
  return row?.minutes ?? 0;
}

async function readMarks(db: Database, appId: string, since: Date): Promise<TelemetrySeries["marks"]> {
  const published = await db
    .select({
      id: changeSets.id,
      number: changeSets.number,
      at: changeSets.publishedAt,
      ...{ member: changes.member, after: changes.after },
    })
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
    const kind = kindOfMark(row);
    if (marks.has(row.id) && kind === "publish") continue;
    marks.set(row.id, {
      at: row.at.toISOString(),
      kind,
      title: `${row.after === "retired" ? "Retired" : MARK_WORDS[kind]} by change set ${row.number}`,
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

/** Of a change of status what it did: a program that is active again was lifted. */
export function kindOfMark({ member, after }: { member: string; after: unknown }): keyof typeof MARK_WORDS {
  if (!member.endsWith("/status")) return "publish";
  return after === "suspended" || after === "retired" ? "suspension" : "lift";
}

const MARK_WORDS = { publish: "Published", suspension: "Suspended", lift: "Suspension lifted" } as const;

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
  const lines = LIMIT_NAMES.flatMap((name) => {
    const limit = limits[name];
    return limit === undefined ? [] : [[name, { warn: warnOf(limit), max: limit.max }] as const];
  });
  return Object.fromEntries(lines);
}
