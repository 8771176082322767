import { and, desc, eq, gt, isNotNull, type SQLWrapper, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { denialAcknowledgements, denialSightings, programs, seenCauses } from "@/db/schema";
import type { Database } from "@/db/store";
import { isAnyOf } from "@/db/write-rows";
import { isMended, type ToldRefusal } from "@/lib/domain/denials/replay";
import { purposesOf } from "../denials/cause-states";
import { targetOf } from "../denials/denial-row";
import { toldByEvent } from "../denials/told-refusal";
import { newestClaimsOf, newestPlatformClaims } from "../programs/newest-claims";
import { type Found, ROWS_A_KIND, type Waiting, waitingFor } from "./what-waits";

const DAY_MS = 86_400_000;
/** Causes of one program that are looked at; of more it says "at least". */
const CAUSES_A_PROGRAM = 20;
const NAMED = 3;

const { seen, appId: ofApp, cause: ofCause } = denialAcknowledgements;
const knows = (name: string, value: SQLWrapper) =>
  sql`${seen} @> jsonb_build_array(jsonb_build_object(${sql.raw(`'${name}'`)}, ${value}))`;
/** Somebody said that it needs nobody, and it was seen since for no purpose and in no kind of runtime that is new. */
const IS_ACKNOWLEDGED = sql`exists (select 1 from ${denialAcknowledgements}
  where ${ofApp} = ${seenCauses.appId} and ${ofCause} = ${seenCauses.cause} and not exists (select 1 from ${denialSightings}
    where ${denialSightings.appId} = ${ofApp} and ${denialSightings.cause} = ${ofCause}
      and not (${knows("purpose", denialSightings.purpose)} and ${knows("runtimeKind", denialSightings.runtimeKind)})))`;

type Cause = { appId: string; cause: string; firstSeenAt: Date; about: Record<string, unknown> | null };
/** By key: the newest record of each, and those that are mended. */
type Known = { denialIds: ReadonlyMap<string, string>; mended: ReadonlySet<string> };

/**
 * What programs were refused for the first time that the platform knows of, in 24 h, a row a program, and mended by nothing that is in
 * force now, nor acknowledged. What a limit refused, or a suspension, stands as such.
 */
export async function listNewDenials(db: Database, nowMs: number): Promise<Found> {
  const isNew = and(
    gt(seenCauses.firstSeenAt, new Date(nowMs - DAY_MS)),
    sql`coalesce(${seenCauses.about} ->> 'layer', '') <> 'limit'`,
    sql`coalesce(${seenCauses.about} ->> 'code', '') <> 'PROGRAM_SUSPENDED'`,
    sql`not ${IS_ACKNOWLEDGED}`,
  );
  const newest = sql`max(${seenCauses.firstSeenAt})`;
  const found = await db
    .select({ appId: seenCauses.appId, name: programs.name })
    .from(seenCauses)
    .innerJoin(programs, eq(programs.appId, seenCauses.appId))
    .where(isNew)
    .groupBy(seenCauses.appId, programs.name)
    .orderBy(desc(newest), seenCauses.appId)
    .limit(ROWS_A_KIND + 1);
  const shown = found.slice(0, ROWS_A_KIND);
  if (shown.length === 0) return { items: [], isMore: false };
  const asked = sql`jsonb_array_elements_text(${JSON.stringify(shown.map(({ appId }) => appId))}::jsonb) as asked(app_id)`;
  const { appId, cause, firstSeenAt, about } = seenCauses;
  const own = db
    .select({ appId, cause, firstSeenAt, about })
    .from(seenCauses)
    .where(and(sql`${appId} = asked.app_id`, isNew))
    .orderBy(desc(firstSeenAt), cause)
    .limit(CAUSES_A_PROGRAM + 1)
    .as("own");
  const causes = await db
    .select({ appId: own.appId, cause: own.cause, firstSeenAt: own.firstSeenAt, about: own.about })
    .from(asked)
    .innerJoinLateral(own, sql`true`);
  const { denialIds, mended } = await readKnown(db, causes, nowMs);
  let isMore = found.length > ROWS_A_KIND;
  const items = shown.flatMap((program) => {
    const of = causes.filter((one) => one.appId === program.appId);
    const isCut = of.length > CAUSES_A_PROGRAM;
    const waits = of.filter((one) => !mended.has(keyOf(one))).slice(0, CAUSES_A_PROGRAM);
    if (waits.length > 0) return [toRow(program, waits, denialIds, isCut)];
    // All that are looked at are mended: of the others it is not known.
    isMore ||= isCut;
    return [];
  });
  return { items, isMore };
}

const keyOf = ({ appId, cause }: Pick<Cause, "appId" | "cause">) => `${appId} ${cause}`;

/**
 * The newest single record of each, where one was kept, and whether what is in force lets it through: for each purpose for which it was
 * seen, as on its program's page, and where it was not seen apart yet, as its record tells.
 */
async function readKnown(db: Database, causes: readonly Cause[], nowMs: number): Promise<Known> {
  const events = countedEvents(db);
  const keys = JSON.stringify(causes.map(({ appId: app, cause }) => ({ app, cause })));
  const wanted = sql`jsonb_to_recordset(${keys}::jsonb) as wanted(app text, cause text)`;
  const newest = db
    .select()
    .from(events)
    .where(
      and(
        sql`${events.cause} = wanted.cause`,
        sql`${events.appId} = wanted.app`,
        isNotNull(events.denialId),
        gt(events.at, new Date(nowMs - 2 * DAY_MS)),
      ),
    )
    .orderBy(desc(events.at))
    .limit(1)
    .as("newest");
  const rows = await db.select().from(wanted).innerJoinLateral(newest, sql`true`);
  const { appId: ofProgram, cause: ofSighting, purpose } = denialSightings;
  const sightings = await db
    .selectDistinctOn([ofProgram, ofSighting, purpose])
    .from(denialSightings)
    .where(isAnyOf(denialSightings, ["appId", "cause"], causes))
    .orderBy(ofProgram, ofSighting, purpose, denialSightings.runtimeKind);
  const claims = await newestClaimsOf(db, [...new Set(causes.map(({ appId }) => appId))]);
  const platform = await newestPlatformClaims(db);
  const denialIds = new Map<string, string>();
  const told = new Map<string, ToldRefusal[]>();
  for (const { newest: event } of rows) {
    const { appId, cause, denialId } = event;
    if (appId === null || cause === null || denialId === null) continue;
    denialIds.set(keyOf({ appId, cause }), denialId);
    const byRecord = toldByEvent(event);
    if (byRecord !== null) told.set(keyOf({ appId, cause }), [byRecord]);
  }
  const apart = new Map<string, typeof sightings>();
  for (const one of sightings) apart.set(keyOf(one), [...(apart.get(keyOf(one)) ?? []), one]);
  for (const [key, seenApart] of apart) told.set(key, purposesOf(seenApart));
  const nowSeconds = Math.floor(nowMs / 1000);
  const mended = causes.filter((one) => {
    const program = claims.get(one.appId)?.claims;
    const all = told.get(keyOf(one)) ?? [];
    if (program === undefined || platform === null || all.length === 0) return false;
    return all.every((of) => isMended(of, { program, platform: platform.claims }, nowSeconds));
  });
  return { denialIds, mended: new Set(mended.map(keyOf)) };
}

function toRow(
  { appId, name }: { appId: string; name: string },
  causes: readonly Cause[],
  denialIds: ReadonlyMap<string, string>,
  isMore: boolean,
): Waiting {
  const [only] = causes;
  const denial = only === undefined || causes.length > 1 || isMore ? undefined : denialIds.get(keyOf(only));
  const targets = [...new Set(causes.map(({ about }) => targetOf(about ?? {})))];
  const more = targets.length - NAMED;
  const first = causes.reduce(
    (least, { firstSeenAt }) => Math.min(least, firstSeenAt.getTime()),
    Number.POSITIVE_INFINITY,
  );
  return waitingFor({
    kind: "denial",
    id: appId,
    href:
      denial === undefined
        ? `/programs/${encodeURIComponent(appId)}/blocked?range=24h`
        : `/denials/${encodeURIComponent(denial)}`,
    title:
      causes.length === 1 && !isMore
        ? `${name} was refused ${targets[0]} for the first time`
        : `${name} was refused ${isMore ? "at least " : ""}${causes.length} things for the first time`,
    detail: `${targets.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    since: new Date(first).toISOString(),
    action: denial === undefined ? "See what was refused" : "See why",
  });
}
