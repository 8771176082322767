import { and, asc, desc, eq, gt, inArray, isNotNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { countedEvents } from "@/db/counted";
import { newestPosition, newestPositions } from "@/db/newest-document";
import { denialJudgements, denialMends, denialSightings, programs } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import { insertRows } from "@/db/write-rows";
import { type DocumentPair, isMended, type ToldRefusal } from "@/lib/domain/denials/replay";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { type FoldContext, waitForCounts } from "@/lib/sync/telemetry/fold-lock";
import { isSamePosition, type Position, positionOf } from "@/native/core/documents/position";
import { nodeCrypto } from "@/native/node/crypto";
import { newestPlatformClaims, newestProgramClaims } from "../programs/newest-claims";
import { countedAs, readThrough } from "./count-through";
import { toldPosition } from "./denial-row";
import { documentOf, findSince, type RefusedBy, readTimeline, type Timeline } from "./in-force";
import { toldByMembers } from "./told-refusal";

/** Causes that are read at once. */
const PART = 200;
/** Mends of one transaction: for each what hours tell is read. */
const MENDS_A_TURN = 20;
/** Programs of one call, so that whoever tends comes to other work too. */
const PROGRAMS_A_CALL = 200;
const DAY_MS = 86_400_000;

/** What a platform document decides of programs beside their own: whom it suspends, and a digest of the rest. */
type Common = { at: Position; digest: string; suspended: ReadonlySet<string> };
/** Of a process: whether it has looked once for programs that nothing judged, and the platform document that it read last. */
export type JudgeTurns = { hasBegun: boolean; common: Common | null };
export const newJudgeTurns = (): JudgeTurns => ({ hasBegun: false, common: null });

type Mend = typeof denialMends.$inferSelect;
/** A cause for one purpose, in whatever runtimes it was seen. */
type Seen = { cause: string; purpose: string; told: ToldRefusal };

/**
 * Judges causes by what is in force, where a document or a cause is new since the last time: what documents let through is kept with the
 * decision that did it, from which on what goes through is counted (spec 5.54). Bounded; answers whether some may be left. Throws what
 * the first program failed with, after all others were judged.
 */
export async function judgeCauses(
  store: Store,
  ctx: FoldContext,
  turns: JudgeTurns = newJudgeTurns(),
): Promise<boolean> {
  const { db } = store;
  if (!turns.hasBegun) await beginUnjudged(store);
  turns.hasBegun = true;
  const known = await db.select().from(denialJudgements).orderBy(asc(denialJudgements.appId));
  const common = await readCommon(db, turns);
  const own = await newestPositions(
    db,
    known.map(({ appId }) => appId),
  );
  const due = known.filter(({ appId, judged }) => judged !== judgedBy(appId, own.get(appId) ?? null, common));
  const failed: unknown[] = [];
  for (const program of due.slice(0, PROGRAMS_A_CALL)) {
    try {
      await judgeProgram(store, ctx, program, common);
    } catch (error) {
      failed.push(error);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (failed.length > 0) throw failed[0];
  return due.length > PROGRAMS_A_CALL;
}

/** Rows of programs whose causes nothing judged, as after these tables were set aside. */
async function beginUnjudged(store: Store): Promise<void> {
  const { appId } = programs;
  const isSeen = sql`exists (select 1 from ${denialSightings} where ${denialSightings.appId} = ${appId})`;
  const isJudged = sql`exists (select 1 from ${denialJudgements} where ${denialJudgements.appId} = ${appId})`;
  const missing = await store.db.select({ appId }).from(programs).where(sql`${isSeen} and not ${isJudged}`);
  if (missing.length === 0) return;
  const rows = missing.map((row) => ({ ...row, judged: "" }));
  await store.transaction(({ db }) => insertRows(db, denialJudgements, rows, sql`on conflict do nothing`));
}

/**
 * What is kept of a program that was judged by these: another platform document that says the same of it is no reason to judge it
 * again, as every publish makes one.
 */
function judgedBy(appId: string, program: Position | null, common: Common | null): string {
  const own = program === null ? "none" : `${program.epoch}.${program.revision}`;
  return `${own} ${common?.digest ?? "none"}${common?.suspended.has(appId) === true ? " suspended" : ""}`;
}

async function readCommon(db: Database, turns: JudgeTurns): Promise<Common | null> {
  const at = await newestPosition(db, "platform", "");
  if (at === null || turns.common === null || !isSamePosition(at, turns.common.at)) {
    const newest = await newestPlatformClaims(db);
    if (newest === null) return null;
    const { epoch, minRuntime, blockedHosts, suspended } = newest.claims;
    const text = new TextEncoder().encode(JSON.stringify([epoch, minRuntime, blockedHosts]));
    const digest = Buffer.from(await nodeCrypto.sha256(text)).toString("hex");
    turns.common = { at: positionOf(newest.issue), digest, suspended: new Set(suspended) };
  }
  return turns.common;
}

/** Judges one program's causes. */
async function judgeProgram(
  store: Store,
  ctx: FoldContext,
  { appId, judged: was }: typeof denialJudgements.$inferSelect,
  common: Common | null,
): Promise<void> {
  const nowMs = ctx.clock.nowMs();
  const program = await newestProgramClaims(store.db, appId);
  const platform = await newestPlatformClaims(store.db);
  const pair = program === null || platform === null ? null : { program: program.claims, platform: platform.claims };
  const timeline = await readTimeline(store.db, appId, nowMs);
  for (let from: Seen | null = null; ; ) {
    const part: Seen[] = await readSeen(store.db, appId, from);
    const found = await findMends(store.db, appId, part, { pair, timeline, nowMs });
    for (const turn of turnsOf(part, found)) {
      await store.transaction(async (tx) => {
        // Whoever folds counts what goes through: none of it falls between what is read here and what is written.
        await waitForCounts(tx.db);
        const isChanged = await keepMends(tx.db, appId, turn, found, program?.issue.epoch ?? 0);
        if (isChanged) tx.announce({ topic: "denials", appIds: [appId] });
      });
    }
    if (part.length < PART) break;
    from = part.at(-1) ?? null;
  }
  // A platform document that came since `common` was read is another one for the next turn.
  const judged = judgedBy(appId, program && positionOf(program.issue), common);
  // A cause that was new meanwhile is judged the next time.
  const isAsItWas = and(eq(denialJudgements.appId, appId), eq(denialJudgements.judged, was));
  await store.transaction(({ db }) => db.update(denialJudgements).set({ judged }).where(isAsItWas));
}

/** In parts of few mends: whoever folds waits for each. */
function turnsOf(part: readonly Seen[], found: FoundMends): Seen[][] {
  const turns: Seen[][] = [];
  let [turn, mends]: [Seen[], number] = [[], 0];
  for (const seen of part) {
    turn.push(seen);
    if (found.get(keyOf(seen))) mends += 1;
    if (mends < MENDS_A_TURN) continue;
    turns.push(turn);
    [turn, mends] = [[], 0];
  }
  return turn.length === 0 ? turns : [...turns, turn];
}

async function readSeen(db: Database, appId: string, after: Seen | null): Promise<Seen[]> {
  const { cause, purpose, versionCode, about, runtimeKind } = denialSightings;
  const isAfter =
    after === null ? undefined : or(gt(cause, after.cause), and(eq(cause, after.cause), gt(purpose, after.purpose)));
  const rows = await db
    .selectDistinctOn([cause, purpose], { cause, purpose, versionCode, about })
    .from(denialSightings)
    .where(and(eq(denialSightings.appId, appId), isAfter))
    .orderBy(asc(cause), asc(purpose), asc(runtimeKind))
    .limit(PART);
  return rows.map((row) => ({
    ...{ cause: row.cause, purpose: row.purpose },
    told: toldByMembers(row.versionCode, { ...row.about, purpose: row.purpose === "" ? null : row.purpose }),
  }));
}

type Judging = { pair: DocumentPair | null; timeline: Timeline; nowMs: number };
/** What is let through, by cause and purpose, with the decision that did it where one is found. */
type FoundMends = ReadonlyMap<string, Mend | null>;

async function findMends(
  db: Database,
  appId: string,
  part: readonly Seen[],
  { pair, timeline, nowMs }: Judging,
): Promise<FoundMends> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const mended = part.filter(({ told }) => pair !== null && isMended(told, pair, nowSeconds));
  const refusals = await newestRefusals(db, appId, mended);
  const found = new Map<string, Mend | null>();
  for (const seen of mended) {
    const { cause, purpose, told } = seen;
    const decided = await findSince(timeline, told, refusals.get(keyOf(seen)) ?? UNKNOWN);
    const counted = countedAs(told);
    const named = decided && documentOf(decided.since, told.layer);
    if (decided === null || named === null || counted === null) {
      found.set(keyOf(seen), null);
      continue;
    }
    const { document, issue } = named;
    found.set(keyOf(seen), {
      ...{ appId, cause, purpose, versionCode: told.versionCode, document, ...positionOf(issue) },
      ...{ countedKind: counted.kind, countedName: counted.name },
      ...{ at: issue.createdAt, changeSetId: issue.changeSetId, isFirst: decided.isFirst },
      ...{ through: 0, isAtLeast: false },
    });
  }
  return found;
}

/** Answers whether something is mended that was not, or not any more. `epoch`: the program's document's. */
async function keepMends(
  db: Database,
  appId: string,
  part: readonly Seen[],
  found: FoundMends,
  epoch: number,
): Promise<boolean> {
  if (part.length === 0) return false;
  const causes = [...new Set(part.map(({ cause }) => cause))];
  const held = await db
    .select()
    .from(denialMends)
    .where(and(eq(denialMends.appId, appId), inArray(denialMends.cause, causes)));
  const judged = new Set(part.map(keyOf));
  const wanted = new Map(
    [...found].flatMap(([key, mend]) => (mend === null || !judged.has(key) ? [] : [[key, mend] as const])),
  );
  let isChanged = false;
  for (const old of held) {
    if (!judged.has(keyOf(old))) continue;
    const wish = found.get(keyOf(old));
    // Of a decision before those that are looked at nothing is found again: what is kept of it stands.
    const isKept = wish === null || (wish !== undefined && (isSameDecision(old, wish) || isOlder(old, wish)));
    if (isKept) {
      wanted.delete(keyOf(old));
      continue;
    }
    await db.delete(denialMends).where(isMend(old));
    isChanged = true;
  }
  for (const wish of wanted.values()) {
    // Hours tell of which program's document each is, and nothing of others: of what such a decision let through it is not known how much.
    const isToldApart = wish.document === "program" && wish.epoch === epoch;
    const { through, isAtLeast } = await readThrough(db, { ...wish, leastRevision: isToldApart ? wish.revision : 0 });
    const begun = isToldApart ? { through, isAtLeast } : { through: 0, isAtLeast: isAtLeast || through > 0 };
    await db.insert(denialMends).values({ ...wish, ...begun });
    isChanged = true;
  }
  return isChanged;
}

/** Single records of one cause that are looked at for one purpose. */
const EVENTS_A_CAUSE = 200;
const UNKNOWN: RefusedBy = { program: null, platform: null };
const keyOf = ({ cause, purpose }: { cause: string; purpose: string }): string => `${cause} ${purpose}`;
const isMend = ({ appId, cause, purpose }: Mend) =>
  and(eq(denialMends.appId, appId), eq(denialMends.cause, cause), eq(denialMends.purpose, purpose));
const isSameDecision = (a: Mend, b: Mend): boolean =>
  a.document === b.document && a.epoch === b.epoch && a.revision === b.revision;
/** Without a break since before all that was looked at. */
const isOlder = (old: Mend, found: Mend): boolean => !found.isFirst && old.at < found.at;

/** The documents that refused each the last time, of single records; of those of which none is kept it is not known. */
async function newestRefusals(db: Database, appId: string, seen: readonly Seen[]): Promise<Map<string, RefusedBy>> {
  if (seen.length === 0) return new Map();
  const events = countedEvents(db);
  const asked = JSON.stringify(seen.map(({ cause, purpose }) => ({ cause, purpose })));
  const wanted = sql`jsonb_to_recordset(${asked}::jsonb) as wanted(cause text, purpose text)`;
  const { cause, body, at } = events;
  // However long one is refused for other purposes, the newest few are looked at.
  const latest = db
    .select({ body, at })
    .from(events)
    .where(and(sql`${cause} = wanted.cause`, eq(events.appId, appId), isNotNull(events.denialId)))
    .orderBy(desc(at))
    .limit(EVENTS_A_CAUSE)
    .as("latest");
  const newest = db
    .select({ body: latest.body })
    .from(latest)
    .where(sql`coalesce(${latest.body}->>'purpose', '') = wanted.purpose`)
    .orderBy(desc(latest.at))
    .limit(1)
    .as("newest");
  const rows = await db
    .select({ cause: sql<string>`wanted.cause`, purpose: sql<string>`wanted.purpose`, body: newest.body })
    .from(wanted)
    .innerJoinLateral(newest, sql`true`);
  return new Map(
    rows.map(({ body, ...of }) => [
      keyOf(of),
      { program: toldPosition(body, "programRevision"), platform: toldPosition(body, "platformRevision") },
    ]),
  );
}

/**
 * Forgets causes that were not seen for as long as counts of them are kept, and as late what is kept of the mending of any that are
 * gone. A cause that is gone earlier was lost, not forgotten: of mended ones devices tell no more, so what is known of them stays.
 */
export async function forgetCauses(store: Store, nowMs: number): Promise<void> {
  const before = new Date(nowMs - KEPT_MS.hours - DAY_MS);
  await forget(store, denialSightings, lt(denialSightings.lastAt, before));
  const isSeen = sql`exists (select 1 from ${denialSightings} where ${denialSightings.appId} = ${denialMends.appId}
    and ${denialSightings.cause} = ${denialMends.cause} and ${denialSightings.purpose} = ${denialMends.purpose})`;
  // Also what was judged while its cause went.
  await forget(store, denialMends, sql`${denialMends.at} < ${before.toISOString()}::timestamptz and not ${isSeen}`);
}

async function forget(store: Store, table: PgTable, isOver: SQL): Promise<void> {
  for (let isMore = true; isMore; ) {
    isMore = await store.transaction(async ({ db }) => {
      const part = db.select({ ctid: sql`ctid` }).from(table).where(isOver).limit(FORGOTTEN_AT_ONCE);
      const gone = await db.delete(table).where(inArray(sql`ctid`, part)).returning({ one: sql`1` });
      return gone.length === FORGOTTEN_AT_ONCE;
    });
  }
}
const FORGOTTEN_AT_ONCE = 500;
