import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import type { Database } from "@/db/store";
import type { DenialCause, DenialList } from "@/lib/contracts/programs";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { createDeviceCount, type DeviceCount } from "../measures/device-count";
import type { LiveDetail } from "../measures/live";
import { type AskedDetails, countDetails, hoursOfDetails, liveDetails, sumDetails } from "../measures/read-details";
import { HOUR_MS } from "../measures/windows";
import { targetOf } from "./denial-row";

const CAUSES_MAX = 100;
const TREND_POINTS = 14;

type Counted = {
  times: number;
  sinceVersion: number;
  firstAtMs: number;
  lastAtMs: number;
  devices: DeviceCount;
  trend: number[];
  /** The newest word of what it is about. */
  about: { atMs: number; body: Record<string, unknown> };
};

export type CausesQuery = { appId: string; sinceMs: number; version?: number | undefined; cause?: string | undefined };
export type Causes = Pick<DenialList, "causes" | "causeTotal" | "timesTotal" | "behind">;

/** What a program was refused since a whole hour, by cause, the most frequent first, 100 at most, with the count of all. */
export async function readCauses(db: Database, query: CausesQuery, nowMs: number): Promise<Causes> {
  const { appId, sinceMs, version, cause } = query;
  const asked: AskedDetails = {
    appId,
    kind: "cause",
    sinceMs,
    version,
    names: cause === undefined ? undefined : [cause],
  };
  const { details: live, behind } = await liveDetails(db, asked);
  const sums = await sumDetails(db, asked, CAUSES_MAX);
  const unknown = [...new Set(live.map((denial) => denial.name))].filter((name) =>
    sums.every((row) => row.name !== name),
  );
  const folded = [
    ...sums,
    ...(unknown.length === 0 ? [] : await sumDetails(db, { ...asked, names: unknown }, unknown.length)),
  ];
  const points = Math.min(TREND_POINTS, hoursSince(sinceMs, nowMs));
  const counted = new Map<string, Counted>();
  for (const row of folded) {
    const { sinceVersion, firstAt, lastAt } = row;
    if (sinceVersion === null || firstAt === null || lastAt === null) continue;
    counted.set(row.name, {
      ...{ times: row.refused, sinceVersion, firstAtMs: firstAt.getTime(), lastAtMs: lastAt.getTime() },
      ...nothingYet(points),
    });
  }
  const isNew = (name: string) => folded.every((row) => row.name !== name);
  for (const { name, refused, atMs, versionCode } of live) {
    const own = counted.get(name) ?? {
      ...{ times: 0, sinceVersion: versionCode, firstAtMs: atMs, lastAtMs: atMs },
      ...nothingYet(points),
    };
    own.times = addSaturating(own.times, refused);
    own.sinceVersion = Math.min(own.sinceVersion, versionCode);
    own.firstAtMs = Math.min(own.firstAtMs, atMs);
    own.lastAtMs = Math.max(own.lastAtMs, atMs);
    counted.set(name, own);
  }
  const total = await countDetails(db, asked);
  const shown = [...counted].sort(([a, x], [b, y]) => y.times - x.times || (a < b ? -1 : 1)).slice(0, CAUSES_MAX);
  await addHours(db, asked, new Map(shown), live, nowMs);
  const newest = await newestDenials(
    db,
    query,
    shown.map(([name]) => name),
  );
  return {
    causes: shown.map(([name, own]) => toCause(name, own, newest.get(name), nowMs)),
    causeTotal: total.names + unknown.filter(isNew).length,
    timesTotal: live.reduce((sum, { refused }) => addSaturating(sum, refused), total.refused),
    behind,
  };
}

/** Whole hours since then, and the one under way. */
const hoursSince = (sinceMs: number, nowMs: number): number => Math.floor((nowMs - sinceMs) / HOUR_MS) + 1;

const nothingYet = (points: number) => ({
  devices: createDeviceCount(),
  trend: new Array<number>(points).fill(0),
  about: { atMs: 0, body: {} },
});

/** Adds to each cause its trend, its devices and what it is about. */
async function addHours(
  db: Database,
  asked: AskedDetails,
  counted: ReadonlyMap<string, Counted>,
  live: readonly LiveDetail[],
  nowMs: number,
): Promise<void> {
  if (counted.size === 0) return;
  const add = (name: string, atMs: number, hourMs: number, times: number, body: Record<string, unknown> | null) => {
    const own = counted.get(name);
    if (own === undefined) return undefined;
    const hours = hoursSince(asked.sinceMs, nowMs);
    const hour = Math.floor((hourMs - asked.sinceMs) / HOUR_MS);
    const slot = Math.max(0, Math.min(own.trend.length - 1, Math.floor((hour * own.trend.length) / hours)));
    own.trend[slot] = addSaturating(own.trend[slot] ?? 0, times);
    if (body !== null && atMs >= own.about.atMs) own.about = { atMs, body };
    return own.devices;
  };
  for (const row of await hoursOfDetails(db, { ...asked, names: [...counted.keys()] })) {
    add(row.name, row.lastAt.getTime(), row.hour.getTime(), row.refused, row.about)?.addPacked(row.devices);
  }
  for (const { name, atMs, refused, about, deviceId } of live) {
    add(name, atMs, atMs, refused, about)?.addDevice(deviceId);
  }
}

function toCause(
  cause: string,
  { times, sinceVersion, firstAtMs, lastAtMs, devices, trend, about: { body } }: Counted,
  recorded: { denialId: string; atMs: number } | undefined,
  nowMs: number,
): DenialCause {
  return {
    cause,
    code: String(body.code ?? ""),
    layer: String(body.layer ?? ""),
    rule: typeof body.rule === "string" ? body.rule : null,
    target: targetOf(body),
    purpose: typeof body.purpose === "string" ? body.purpose : null,
    sinceVersion,
    firstAt: new Date(firstAtMs).toISOString(),
    lastAt: new Date(Math.min(nowMs, Math.max(lastAtMs, recorded?.atMs ?? 0))).toISOString(),
    times,
    devices: devices.count(),
    trend,
    newestDenialId: recorded?.denialId ?? null,
  };
}

/** The newest single record of each cause, where one was kept. */
async function newestDenials(
  db: Database,
  { appId, sinceMs }: CausesQuery,
  causes: readonly string[],
): Promise<Map<string, { denialId: string; atMs: number }>> {
  if (causes.length === 0) return new Map();
  const events = countedEvents(db);
  const wanted = sql`jsonb_array_elements_text(${JSON.stringify(causes)}::jsonb) as wanted(cause)`;
  const newest = db
    .select({ denialId: events.denialId, at: events.at })
    .from(events)
    .where(
      and(
        sql`${events.cause} = wanted.cause`,
        eq(events.appId, appId),
        isNotNull(events.denialId),
        sql`${events.at} >= ${new Date(sinceMs).toISOString()}::timestamptz`,
      ),
    )
    .orderBy(desc(events.at))
    .limit(1)
    .as("newest");
  const rows = await db
    .select({ cause: sql<string>`wanted.cause`, denialId: newest.denialId, at: newest.at })
    .from(wanted)
    .innerJoinLateral(newest, sql`true`);
  return new Map(rows.map(({ cause, denialId, at }) => [cause, { denialId: denialId ?? "", atMs: at.getTime() }]));
}
