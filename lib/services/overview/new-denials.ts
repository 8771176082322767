import { and, desc, eq, gt, isNotNull, type SQLWrapper, sql } from "drizzle-orm";
import { countedEvents } from "@/db/counted";
import { denialAcknowledgements, denialSightings, programs, seenCauses } from "@/db/schema";
import type { Database } from "@/db/store";
import { isMended } from "@/lib/domain/denials/replay";
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
type Recorded = { denialId: string; isMended: boolean };

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
  const recorded = await readRecorded(db, causes, nowMs);
  const items = shown.flatMap((program) => {
    const of = causes.filter((one) => one.appId === program.appId);
    const waits = of.slice(0, CAUSES_A_PROGRAM).filter((one) => recorded.get(keyOf(one))?.isMended !== true);
    return waits.length === 0 ? [] : [toRow(program, waits, recorded, of.length > CAUSES_A_PROGRAM)];
  });
  return { items, isMore: found.length > ROWS_A_KIND };
}

const keyOf = ({ appId, cause }: Pick<Cause, "appId" | "cause">) => `${appId} ${cause}`;

/** The newest single record of each, where one was kept, and whether what is in force lets it through. */
async function readRecorded(
  db: Database,
  causes: readonly Cause[],
  nowMs: number,
): Promise<ReadonlyMap<string, Recorded>> {
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
  const claims = await newestClaimsOf(db, [...new Set(causes.map(({ appId }) => appId))]);
  const platform = await newestPlatformClaims(db);
  const nowSeconds = Math.floor(nowMs / 1000);
  const found = new Map<string, Recorded>();
  for (const { newest: event } of rows) {
    const { appId, cause, denialId } = event;
    if (appId === null || cause === null || denialId === null) continue;
    const told = toldByEvent(event);
    const program = claims.get(appId)?.claims;
    const isThrough =
      told !== null &&
      program !== undefined &&
      platform !== null &&
      isMended(told, { program, platform: platform.claims }, nowSeconds);
    found.set(keyOf({ appId, cause }), { denialId, isMended: isThrough });
  }
  return found;
}

function toRow(
  { appId, name }: { appId: string; name: string },
  causes: readonly Cause[],
  recorded: ReadonlyMap<string, Recorded>,
  isMore: boolean,
): Waiting {
  const [only] = causes;
  const denial = only === undefined || causes.length > 1 || isMore ? undefined : recorded.get(keyOf(only));
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
        : `/denials/${encodeURIComponent(denial.denialId)}`,
    title:
      causes.length === 1 && !isMore
        ? `${name} was refused ${targets[0]} for the first time`
        : `${name} was refused ${isMore ? "at least " : ""}${causes.length} things for the first time`,
    detail: `${targets.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    since: new Date(first).toISOString(),
    action: denial === undefined ? "See what was refused" : "See why",
  });
}
