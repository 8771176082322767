import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import type { Database } from "@/db/store";
import type { DenialCause, DenialList } from "@/lib/contracts/programs";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { OTHER } from "@/native/core/telemetry/other";
import { createDeviceCount, type DeviceCount } from "../measures/device-count";
import type { LiveDetail } from "../measures/live";
import { addPackedTogether } from "../measures/packed-sketches";
import {
  type AskedDetails,
  liveDetails,
  type NameSum,
  readAbout,
  readHoursOf,
  sumDetails,
} from "../measures/read-details";
import { HOUR_MS } from "../measures/windows";
import { type CauseState, readCauseStates } from "./cause-states";
import { targetOf } from "./denial-row";
import { toldByMembers } from "./told-refusal";

/** Of what is counted together nothing more is known. */
const UNKNOWN: CauseState = { mended: null, acknowledged: null };
const CAUSES_MAX = 100;
const TREND_POINTS = 14;

/** What is told of a cause hour by hour, and what it is about. */
type Told = { devices: DeviceCount; trend: number[]; about: Record<string, unknown> };

export type CausesQuery = {
  appId: string;
  sinceMs: number;
  version?: number | undefined;
  cause?: string | undefined;
  among?: ReadonlySet<string> | null;
};
export type Causes = Pick<DenialList, "causes" | "causeTotal" | "timesTotal" | "behind">;

/**
 * What a program was refused since a whole hour, by cause, the most frequent first, 100 at most, and last what is counted
 * together under `~other`; with the count of all.
 */
export async function readCauses(db: Database, query: CausesQuery, nowMs: number): Promise<Causes> {
  const { appId, sinceMs, version, cause, among = null } = query;
  const asked: AskedDetails = { appId, kind: "cause", sinceMs, nowMs, version };
  const { details, behind } = await liveDetails(db, asked);
  const isAsked = (name: string) => (cause === undefined || cause === name) && (among === null || among.has(name));
  const sums = [...(await sumDetails(db, asked, details))].filter(([name]) => isAsked(name));
  const named = sums.filter(([name]) => name !== OTHER);
  const most = named.sort(([a, x], [b, y]) => y.refused - x.refused || (a < b ? -1 : 1)).slice(0, CAUSES_MAX);
  const shown = [...most, ...sums.filter(([name, { refused }]) => name === OTHER && refused > 0)];
  const names = shown.map(([name]) => name);
  const told = await readTold(db, asked, names, details);
  const newest = await newestDenials(db, query, names);
  const causes = shown.map(([name, sum]) => toCause(name, sum, told.get(name) ?? nothing(0), newest.get(name), nowMs));
  const states = await readCauseStates(
    db,
    appId,
    new Map(most.map(([name, sum]) => [name, toldByMembers(sum.sinceVersion, told.get(name)?.about ?? {})])),
    nowMs,
  );
  return {
    causes: causes.map((one) => ({ ...one, ...(states.get(one.cause) ?? UNKNOWN) })),
    causeTotal: named.length,
    timesTotal: sums.reduce((sum, [, { refused }]) => addSaturating(sum, refused), 0),
    behind,
  };
}

/** Whole hours since then, and the one under way. */
const hoursSince = (sinceMs: number, nowMs: number): number => Math.floor((nowMs - sinceMs) / HOUR_MS) + 1;

const nothing = (points: number): Told => ({
  devices: createDeviceCount(),
  trend: new Array<number>(points).fill(0),
  about: {},
});

async function readTold(
  db: Database,
  asked: AskedDetails,
  names: readonly string[],
  live: readonly LiveDetail[],
): Promise<Map<string, Told>> {
  const hours = hoursSince(asked.sinceMs, asked.nowMs);
  const told = new Map(names.map((name) => [name, nothing(Math.min(TREND_POINTS, hours))]));
  const add = (name: string, atMs: number, times: number): Told | undefined => {
    const own = told.get(name);
    if (own === undefined) return undefined;
    const hour = Math.floor((atMs - asked.sinceMs) / HOUR_MS);
    const slot = Math.max(0, Math.min(own.trend.length - 1, Math.floor((hour * own.trend.length) / hours)));
    own.trend[slot] = addSaturating(own.trend[slot] ?? 0, times);
    return own;
  };
  await readHoursOf(db, { ...asked, names }, ({ name, hourMs, refused, sketches }) => {
    const own = add(name, hourMs, refused);
    if (own !== undefined) addPackedTogether(own.devices, sketches);
  });
  for (const [name, about] of await readAbout(db, asked, names)) {
    const own = told.get(name);
    if (own !== undefined) own.about = about;
  }
  // The newest word of what it is about comes last.
  for (const { name, atMs, refused, about, deviceId } of live) {
    const own = add(name, atMs, refused);
    own?.devices.addDevice(deviceId);
    if (own !== undefined && about !== null) own.about = about;
  }
  return told;
}

function toCause(
  cause: string,
  { refused: times, sinceVersion, firstAtMs, lastAtMs }: NameSum,
  { devices, trend, about: body }: Told,
  recorded: { denialId: string; atMs: number } | undefined,
  nowMs: number,
): Omit<DenialCause, keyof CauseState> {
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
