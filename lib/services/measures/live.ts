import { and, asc, eq, gte, inArray, max } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { type DetailKind, devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { type MinuteNumbers, numbersOf } from "@/lib/domain/measures/measures";
import { type DetailOfMinute, detailsOfMinute } from "@/lib/sync/telemetry/details-of-minute";

/** Device-minutes that a read adds up itself, at most: with more it tells what was folded, and until when that is whole. */
const LIVE_MAX = 5000;

type Of = { deviceId: string; appId: string; versionCode: number; atMs: number };

/** What one device told of one version in one minute, while no roll-up holds it. */
export type LiveMinute = Of & {
  /** How many increments of it came when its 48 hours were over: it counts, and is in no histogram. */
  late: number;
  numbers: MinuteNumbers;
};
/** What it told in that minute of one host, API, cause or limit. */
export type LiveDetail = Of & DetailOfMinute;

export type Live = {
  minutes: readonly LiveMinute[];
  /** Until when figures are whole, where more waits than a read adds up; null: they are whole. */
  behind: string | null;
};

/**
 * What devices told of these programs, or of all, and no roll-up holds yet. Added to what roll-ups hold it is all that was
 * told, and nothing twice.
 */
export async function readLive(db: Database, appIds?: readonly string[]): Promise<Live> {
  const minutes = countedMinutes(db);
  const { apis: _apis, hosts: _hosts, denials: _denials, limits: _limits, ...columns } = minutes._.selectedFields;
  const rows = await db
    .select(columns)
    .from(minutes)
    .where(appIds === undefined ? undefined : inArray(minutes.appId, [...appIds]))
    .orderBy(asc(minutes.at))
    .limit(LIVE_MAX + 1);
  if (rows.length > LIVE_MAX) return { minutes: [], behind: rows[0]?.at.toISOString() ?? null };
  return {
    minutes: rows.map(({ deviceId, appId, versionCode, at, late, ...row }) => {
      return { deviceId, appId, versionCode, atMs: at.getTime(), late, numbers: numbersOf(row) };
    }),
    behind: null,
  };
}

const COLUMN_OF = { host: "hosts", api: "apis", cause: "denials", limit: "limits" } as const satisfies Record<
  DetailKind,
  string
>;
const NOTHING = { apis: {}, hosts: [], denials: [], limits: null };

/** The details of one kind in such minutes of a program. */
export async function readLiveDetails(
  db: Database,
  { appId, kind, sinceMs }: { appId: string; kind: DetailKind; sinceMs: number },
): Promise<{ details: readonly LiveDetail[]; behind: string | null }> {
  const minutes = countedMinutes(db);
  const { deviceId, versionCode, at } = minutes;
  const rows = await db
    .select({ deviceId, versionCode, at, told: minutes[COLUMN_OF[kind]] })
    .from(minutes)
    .where(and(eq(minutes.appId, appId), gte(at, new Date(sinceMs))))
    .orderBy(asc(at))
    .limit(LIVE_MAX + 1);
  if (rows.length > LIVE_MAX) return { details: [], behind: rows[0]?.at.toISOString() ?? null };
  return {
    details: rows.flatMap(({ told, ...row }) =>
      detailsOfMinute({ ...NOTHING, [COLUMN_OF[kind]]: told }).map((detail) => ({
        ...{ appId, deviceId: row.deviceId, versionCode: row.versionCode, atMs: row.at.getTime() },
        ...detail,
      })),
    ),
    behind: null,
  };
}

/** When a device of these minutes last told anything; null where there is none. */
export async function newestReport(db: Database, minutes: readonly LiveMinute[]): Promise<Date | null> {
  const ids = [...new Set(minutes.map(({ deviceId }) => deviceId))];
  if (ids.length === 0) return null;
  const [row] = await db
    .select({ at: max(devices.lastSeenAt) })
    .from(devices)
    .where(inArray(devices.id, ids));
  return row?.at ?? null;
}
