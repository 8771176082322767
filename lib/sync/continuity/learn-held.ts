import { and, count, eq, notInArray, sql } from "drizzle-orm";
import { provenPosition, readContinuity } from "@/db/continuity";
import { lockPlatform } from "@/db/lock-platform";
import { issueAt } from "@/db/newest-document";
import { auditEntries, auditWitnesses, continuity, heldDocuments, heldNarrowings } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { AppError } from "@/lib/platform/errors";
import { isNewerPosition, NO_POSITION, type Position, positionOf } from "@/native/core/documents/position";
import type { VerifiedDocument } from "@/native/core/documents/verified-document";
import { verifyDocument } from "@/native/core/documents/verify-document";
import type { PlatformClaims } from "@/native/core/shapes/claims";
import type { HeldAnswer } from "@/native/core/wire/held";
import { nodeCrypto } from "@/native/node/crypto";
import { nowSeconds, type SyncContext } from "../context";
import { publicSuffixes } from "../public-suffixes";
import { PROVEN_REVISION_MAX } from "./continuity-state";
import { stoppedHere } from "./held-narrowings";

/** Devices that are listed with what they hold; beyond them only a newer document is of interest. */
const LISTED_MAX = 1_000;
/** Rows a statement: Postgres takes 65,535 parameters. */
const ROWS_PER_STATEMENT = 1_000;

/** Whether a handed-back document at this position would tell something: a new highest one, or one more device to list. */
export async function isOfInterest(db: Database, deviceId: string, at: Position): Promise<boolean> {
  const [held] = await db.select().from(heldDocuments).where(eq(heldDocuments.deviceId, deviceId));
  if (held !== undefined && !isNewerPosition(at, held)) return false;
  const row = await readContinuity(db);
  if (isNewerPosition(at, row === null ? NO_POSITION : provenPosition(row))) return true;
  const [listed] = await db.select({ devices: count() }).from(heldDocuments);
  return (listed?.devices ?? 0) < LISTED_MAX;
}

async function verify(store: Store, ctx: SyncContext, platform: string, jws: Uint8Array) {
  const keyset = await ctx.keysets.newest(store.db);
  if (keyset === null) throw new AppError("unavailable", "This platform has no keyset yet.");
  const verdict = verifyDocument({
    jws,
    keyset,
    type: "bulkhead-platform",
    platform,
    now: nowSeconds(ctx.clock),
    crypto: nodeCrypto,
    publicSuffixes: publicSuffixes(),
  });
  // An expired one proves as much: the revision was given out.
  const document = verdict.result === "accepted" ? verdict.document : verdict.expired;
  if (document !== undefined) return document;
  throw new AppError("unprocessable", `This is no platform document of ours: ${verdict.code}.`, {
    details: [{ path: "", code: verdict.code, message: "Refused at verification." }],
  });
}

/**
 * Takes in a platform document that a device hands back (spec 7.9). Only what verifies against the trusted keyset and
 * that this store never signed tells anything: the device is listed, and the newest such document raises what is proven,
 * and what it stops and this store does not stays stopped until a person has looked. Refuses `unprocessable` with the
 * code of the refusal for anything else, which changes nothing. One whose audit head the log does not contain is kept as
 * evidence, of ours too. Audited as `continuity.learn`, once a raise.
 */
export async function learnHeldDocument(
  store: Store,
  ctx: SyncContext,
  held: { deviceId: string; platform: string; jws: Uint8Array },
): Promise<HeldAnswer> {
  const document = await verify(store, ctx, held.platform, held.jws);
  const at = positionOf(document.claims);
  return await store.transaction(async (tx) => {
    await lockPlatform(tx);
    await keepWitness(tx, ctx, held, document);
    const issued = await issueAt(tx.db, "platform", "", at);
    if (issued?.sha256 === document.payloadSha256) return { ...at, result: "known" };
    if (!(await isOfInterest(tx.db, held.deviceId, at))) return { ...at, result: "known" };
    const receivedAt = new Date(ctx.clock.nowMs());
    const listed = { ...at, sha256: document.payloadSha256, receivedAt };
    await tx.db
      .insert(heldDocuments)
      .values({ deviceId: held.deviceId, ...listed })
      .onConflictDoUpdate({ target: heldDocuments.deviceId, set: listed });
    await raiseProven(tx, ctx, held.deviceId, document, receivedAt);
    tx.announce({ topic: "devices", deviceId: held.deviceId, revoked: false });
    return { ...at, result: "learned" };
  });
}

/** Evidence is bounded: the first of it tells as much as the thousandth. */
const WITNESSES_MAX = 100;

/**
 * Where the log ended, by a document that we signed, is an entry of the log, or the document is kept as evidence against it.
 * Which of them a loss explains is judged when they are read.
 */
async function keepWitness(
  tx: Transaction,
  ctx: SyncContext,
  held: { deviceId: string; jws: Uint8Array },
  { claims }: VerifiedDocument<PlatformClaims>,
): Promise<void> {
  const { sequence, sha256 } = claims.auditHead;
  if (sequence === 0) return;
  const [entry] = await tx.db
    .select({ sha256: auditEntries.sha256 })
    .from(auditEntries)
    .where(eq(auditEntries.sequence, sequence));
  if (entry?.sha256 === sha256) return;
  const [kept] = await tx.db.select({ count: count() }).from(auditWitnesses);
  if ((kept?.count ?? 0) >= WITNESSES_MAX) return;
  const { epoch, revision, iat: issuedAtSeconds } = claims;
  const { deviceId } = held;
  const jws = Buffer.from(held.jws).toString("utf8");
  const receivedAt = new Date(ctx.clock.nowMs());
  const witness = { sequence, sha256, epoch, revision, issuedAtSeconds, jws, deviceId, receivedAt };
  const added = await tx.db.insert(auditWitnesses).values(witness).onConflictDoNothing().returning();
  if (added.length === 0) return;
  ctx.logger("error", "audit_head_contradicted", { sequence, epoch, revision, deviceId });
  tx.announce({ topic: "audit" });
}

async function raiseProven(
  tx: Transaction,
  ctx: SyncContext,
  deviceId: string,
  { claims }: VerifiedDocument<PlatformClaims>,
  now: Date,
): Promise<void> {
  const row = await readContinuity(tx.db);
  const before = row === null ? NO_POSITION : provenPosition(row);
  if (!isNewerPosition(claims, before) || claims.revision > PROVEN_REVISION_MAX) return;
  const proven = { provenEpoch: claims.epoch, provenRevision: claims.revision, provenAt: now };
  await tx.db
    .insert(continuity)
    .values({ id: 1, ...proven })
    .onConflictDoUpdate({ target: continuity.id, set: proven });
  const own = await stoppedHere(tx.db);
  const suspended = claims.suspended.filter((appId) => !own.suspended.has(appId));
  const blocked = claims.blockedHosts.filter((host) => !own.blockedHosts.has(host));
  await keepStopped(tx.db, claims, "suspension", suspended, now);
  await keepStopped(tx.db, claims, "blockedHost", blocked, now);
  await appendAudit(tx, ctx, {
    actor: { kind: "device", deviceId },
    action: "continuity.learn",
    subject: "documents",
    before: { proven: before },
    after: { proven: positionOf(claims), suspended, blockedHosts: blocked },
  });
  // Nothing that was read before may still be handed out.
  tx.announce({ topic: "documents", documents: [] });
}

/**
 * The newest document decides: what an older one stopped and this one no longer does was lifted in between. What people
 * decided after it was signed stays decided.
 */
async function keepStopped(
  db: Database,
  { epoch, revision, iat }: PlatformClaims,
  kind: (typeof heldNarrowings.$inferSelect)["kind"],
  subjects: readonly string[],
  now: Date,
): Promise<void> {
  await db
    .update(heldNarrowings)
    .set({ verdict: "lifted", decidedAt: now })
    .where(
      and(
        eq(heldNarrowings.kind, kind),
        eq(heldNarrowings.verdict, "unknown"),
        notInArray(heldNarrowings.subject, [...subjects]),
      ),
    );
  const found = { epoch, revision, learnedAt: now, verdict: "unknown" as const, decidedBy: null, decidedAt: null };
  for (let start = 0; start < subjects.length; start += ROWS_PER_STATEMENT) {
    const rows = subjects.slice(start, start + ROWS_PER_STATEMENT).map((subject) => ({ kind, subject, ...found }));
    await db
      .insert(heldNarrowings)
      .values(rows)
      .onConflictDoUpdate({
        target: [heldNarrowings.kind, heldNarrowings.subject],
        set: found,
        setWhere: sql`${heldNarrowings.verdict} <> 'kept' or ${heldNarrowings.decidedAt} <= ${new Date(iat * 1000).toISOString()}::timestamptz`,
      });
  }
}
