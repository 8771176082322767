import { and, eq } from "drizzle-orm";
import { denialMends, denialSightings } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import { type DocumentPair, isMendable, isMended, type ToldRefusal } from "@/lib/domain/denials/replay";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { readInForce, toDecision } from "./cause-states";
import { countedAs, readThrough } from "./count-through";
import { numbersOf } from "./decided-revisions";
import { findSince, readTimeline, toDecided } from "./in-force";
import { toldByMembers } from "./told-refusal";

type Effect = NonNullable<DenialDetail["effect"]>;
type Allowed = Extract<Effect, { state: "allowed" }>;

/**
 * Whether what is in force lets through what was refused, for its purpose; since which decision after the refusal, and how many calls of
 * that version to that target went through since. What was kept of it is told as it is; a decision of this moment is found among
 * documents. Of a kind that no revision mends it says so.
 */
export async function readEffect(
  db: Database,
  row: DenialRow,
  told: ToldRefusal,
  nowMs: number,
): Promise<DenialDetail["effect"]> {
  if (!isMendable(told.code)) return { state: "beyond" };
  const pair = await readInForce(db, row.appId);
  const nowSeconds = Math.floor(nowMs / 1000);
  if (pair === null || !isMended(told, pair, nowSeconds)) return { state: "refused" };
  const cause = causeOfDenial(row.denialId);
  const stillRefused = await readStillRefused(db, row.appId, cause, pair, nowSeconds);
  const kept = (await readKept(db, row.appId, cause, told.purpose)) ?? (await findEffect(db, row, told, nowMs));
  return { state: "allowed", ...kept, stillRefused };
}

type Kept = Omit<Allowed, "state" | "stillRefused">;

async function readKept(db: Database, appId: string, cause: string, purpose: string | null): Promise<Kept | null> {
  const [mend] = await db
    .select()
    .from(denialMends)
    .where(and(eq(denialMends.appId, appId), eq(denialMends.cause, cause), eq(denialMends.purpose, purpose ?? "")));
  if (mend === undefined) return null;
  const { isFirst, through, isAtLeast } = mend;
  return { since: toDecision(mend, await numbersOf(db, [mend])), isFirst, through, isAtLeast };
}

async function findEffect(db: Database, row: DenialRow, told: ToldRefusal, nowMs: number): Promise<Kept> {
  const timeline = await readTimeline(db, row.appId, nowMs);
  const refusedBy = { program: row.programPosition, platform: row.platformPosition };
  const found = await findSince(timeline, told, refusedBy);
  const since = found && (await toDecided(db, found.since, told.layer));
  const counted = countedAs(told);
  if (found === null || since === null || counted === null) {
    return { since: null, isFirst: false, through: 0, isAtLeast: false };
  }
  const newest = timeline.steps.find(({ made }) => made.program !== undefined)?.made.program;
  const through = await readThrough(db, {
    ...{ appId: row.appId, versionCode: told.versionCode, countedKind: counted.kind, countedName: counted.name },
    at: since.at,
    // In a later epoch revisions began anew.
    leastRevision: since.document === "program" && since.position.epoch === newest?.epoch ? since.position.revision : 0,
  });
  return { since: { ...since, at: since.at.toISOString() }, isFirst: found.isFirst, ...through };
}

/** Other purposes for which the same cause was seen and is refused still. */
async function readStillRefused(
  db: Database,
  appId: string,
  cause: string,
  pair: DocumentPair,
  nowSeconds: number,
): Promise<string[]> {
  const { purpose, versionCode, about } = denialSightings;
  const seen = await db
    .selectDistinctOn([purpose], { purpose, versionCode, about })
    .from(denialSightings)
    .where(and(eq(denialSightings.appId, appId), eq(denialSightings.cause, cause)))
    .orderBy(purpose);
  return seen.flatMap((one) => {
    const told = toldByMembers(one.versionCode, { ...one.about, purpose: one.purpose });
    return one.purpose === "" || isMended(told, pair, nowSeconds) ? [] : [one.purpose];
  });
}
