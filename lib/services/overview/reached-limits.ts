import { and, asc, desc, eq, gte, isNotNull, min, sql } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { hourDetails, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { detailsOfMinute } from "@/lib/sync/telemetry/details-of-minute";
import { LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import { HOUR_MS } from "../measures/windows";
import { newestClaimsOf, newestPlatformClaims } from "../programs/newest-claims";
import { type Found, ROWS_A_KIND, waitingFor } from "./what-waits";

/** Increments that no roll-up holds yet, of which the newest are looked through. */
const LOOKED_AT = 1_000;

type Reached = { appId: string; name: LimitName; sinceMs: number };

const isLimit = (name: string): name is LimitName => LIMIT_NAMES.some((one) => one === name);

/** Limits that held devices back since the whole hour before this one, each of a program once, longest reached first. */
export async function listReachedLimits(db: Database, nowMs: number): Promise<Found> {
  const sinceMs = (Math.floor(nowMs / HOUR_MS) - 1) * HOUR_MS;
  const reached = await readReached(db, sinceMs);
  const shown = reached.slice(0, ROWS_A_KIND);
  if (shown.length === 0) return { items: [], isMore: false };
  const appIds = [...new Set(shown.map(({ appId }) => appId))];
  const known = await db
    .select({ appId: programs.appId, name: programs.name })
    .from(programs)
    .where(sql`${programs.appId} in (select jsonb_array_elements_text(${JSON.stringify(appIds)}::jsonb))`);
  const names = new Map(known.map(({ appId, name }) => [appId, name]));
  const documents = await newestClaimsOf(db, appIds);
  const platform = (await newestPlatformClaims(db))?.claims.limits ?? {};
  const items = shown.flatMap(({ appId, name, sinceMs: since }) => {
    const title = names.get(appId);
    if (title === undefined) return [];
    const own = documents.get(appId)?.claims.limits ?? {};
    return [
      waitingFor({
        kind: "limit",
        id: `${appId} ${name}`,
        href: `/programs/${encodeURIComponent(appId)}/limits`,
        title,
        detail: "",
        since: new Date(since).toISOString(),
        action: "See its use",
        limit: { name, max: (own[name] ?? platform[name])?.max ?? null },
      }),
    ];
  });
  return { items, isMore: reached.length > ROWS_A_KIND };
}

async function readReached(db: Database, sinceMs: number): Promise<Reached[]> {
  const { appId, name, hour, firstAt, kind } = hourDetails;
  const found = new Map<string, Reached>();
  const add = (one: Reached) => {
    const key = `${one.appId} ${one.name}`;
    const known = found.get(key);
    found.set(key, { ...one, sinceMs: Math.min(one.sinceMs, known?.sinceMs ?? one.sinceMs) });
  };
  for (const one of await readWaiting(db, sinceMs)) add(one);
  const rows = await db
    .select({ appId, name, firstAt: min(firstAt) })
    .from(hourDetails)
    .where(and(eq(kind, "limit"), gte(hour, new Date(sinceMs))))
    .groupBy(appId, name)
    .orderBy(asc(min(firstAt)), appId, name)
    .limit(ROWS_A_KIND + 1);
  for (const row of rows) {
    if (isLimit(row.name) && row.firstAt !== null) {
      add({ appId: row.appId, name: row.name, sinceMs: row.firstAt.getTime() });
    }
  }
  return [...found.values()].sort((a, b) => a.sinceMs - b.sinceMs || (a.appId < b.appId ? -1 : 1));
}

/** Of the newest increments that no roll-up holds yet. */
async function readWaiting(db: Database, sinceMs: number): Promise<Reached[]> {
  const minutes = countedMinutes(db);
  const newest = db
    .select({ appId: minutes.appId, at: minutes.at, limits: minutes.limits })
    .from(minutes)
    .where(gte(minutes.at, new Date(sinceMs)))
    .orderBy(desc(minutes.at), desc(minutes.id))
    .limit(LOOKED_AT)
    .as("newest");
  const rows = await db.select().from(newest).where(isNotNull(newest.limits));
  return rows.flatMap(({ appId, at, limits }) =>
    detailsOfMinute({ apis: {}, hosts: [], denials: [], limits }).flatMap(({ name }) =>
      isLimit(name) ? [{ appId, name, sinceMs: at.getTime() }] : [],
    ),
  );
}
