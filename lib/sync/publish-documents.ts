import { lt, sql } from "drizzle-orm";
import { readContinuity } from "@/db/continuity";
import { holdPlatform } from "@/db/lock-platform";
import { newestDocument, newestDocuments, newestPositions, type StoredDocument } from "@/db/newest-document";
import { type Unread, unreadable } from "@/db/published-members";
import { minRevisions } from "@/db/schema";
import type { Pace, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { AuditHead } from "@/native/core/audit/verify-chain";
import { type Position, positionOf } from "@/native/core/documents/position";
import { LIFE_SECONDS_MAX } from "@/native/core/documents/verify-document";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { awaitedJump } from "./clock/clock-jump";
import { clockFault } from "./clock/clock-state";
import { nowSeconds, type SigningContext } from "./context";
import { isBehindOf } from "./continuity/continuity-state";
import { settleHeld } from "./continuity/held-narrowings";
import { allPrograms, floorOf, raiseFloor } from "./continuity/resume";
import { buildPlatform, type PlatformBody, readPlatform } from "./documents/build-platform";
import { buildPrograms } from "./documents/build-program";
import {
  type DocumentToIssue,
  nextRevision,
  PROGRAMS_AT_ONCE,
  signDocument,
  storeDocuments,
} from "./documents/issue-document";
import { namesAllKeysOf } from "./documents/names-all-keys";
import { ownClaims } from "./documents/own-jws";
import { requireAcceptable } from "./documents/require-acceptable";
import { storeHeads } from "./heads/audit-heads";

export type PublishOptions = {
  /** The programs whose documents say something new. */
  appIds: readonly string[];
  /** Every publish raises the platform document too: "which devices have it" is asked of that one number (spec §4). */
  platform: true;
  changeSetId: string | null;
  /** Whether less is allowed than before: then older documents of these programs are set below their minimum. */
  narrows: boolean;
  /** It is proven that nothing more is allowed than before; such a step waits for no clock. Absent: it may allow more. */
  isNarrowing?: boolean;
  /** All others were signed before, as far as they can be: nothing is waited for. */
  isLast?: boolean;
  /** Who publishes; absent for what the policy service does by itself. */
  actor?: Actor;
};
const POLICY_SERVICE: Actor = { kind: "system", name: "policy service" };
export type Published = {
  /** Where the platform document stands now. */
  platform: Position;
  programs: { appId: string; revision: number }[];
};

type Minimum = { appId: string; revision: number };

/** Those that are over go; a first document has none below it. */
async function writeMinimums(tx: Transaction, now: number, minimums: readonly Minimum[]): Promise<void> {
  const keepUntil = new Date((now + LIFE_SECONDS_MAX["bulkhead-program"]) * 1000);
  const floors = minimums.flatMap(({ appId, revision }) => (revision === 1 ? [] : [{ appId, revision, keepUntil }]));
  const set = { revision: sql`excluded.revision`, keepUntil: sql`excluded.keep_until` };
  await Promise.all([
    tx.db.delete(minRevisions).where(lt(minRevisions.keepUntil, new Date(now * 1000))),
    floors.length === 0
      ? undefined
      : tx.db.insert(minRevisions).values(floors).onConflictDoUpdate({ target: minRevisions.appId, set }),
  ]);
}

/**
 * The log names each document that is signed, so that none can be taken away or put in its place unseen. The platform
 * document carries the digest of this very entry: its position names it.
 */
async function auditDocuments(
  tx: Transaction,
  ctx: SigningContext,
  actor: Actor,
  at: Position,
  issued: readonly StoredDocument[],
): Promise<AuditHead> {
  const programs = issued.map(({ appId, epoch, revision, sha256 }) => ({ appId, epoch, revision, sha256 }));
  return await appendAudit(tx, ctx, {
    actor,
    action: "document.publish",
    subject: `document:${at.epoch}/${at.revision}`,
    after: { platform: at, programs },
  });
}

/**
 * The second at which documents are signed: the present one. While a jump of this machine's clock awaits a confirmation,
 * a narrowing is signed with the newest stored `iat` or the clock, whichever is earlier: a device refuses what is from its
 * future altogether, but a suspension acts even when its document is old (spec 4.29). Refuses `unavailable` for all else.
 */
function issueTime(
  ctx: SigningContext,
  options: PublishOptions,
  jumpMs: number | null,
  before: StoredDocument | null,
): number {
  const present = nowSeconds(ctx.clock);
  if (jumpMs === null) return present;
  if (options.isNarrowing !== true) {
    const fault = clockFault({ machine: ctx.machine.name, jumpMs });
    throw new AppError("unavailable", `${fault?.says} ${fault?.remedy}`, {
      details: [{ path: "", code: "CLOCK_JUMPED", message: "The clock awaits a confirmation." }],
    });
  }
  return Math.min(present, before?.issuedAtSeconds ?? present);
}

/**
 * What may allow more waits until everything that is published can be read. What takes away, and what is only signed
 * again, goes on beside it, and the log says so. Raises `unavailable`, by name.
 */
function goOnWithout(ctx: SigningContext, options: PublishOptions, unread: readonly Unread[]): void {
  const [first] = unread;
  if (first === undefined) return;
  const takesAway = options.isNarrowing === true && options.narrows;
  if (options.changeSetId !== null && !takesAway) throw unreadable(first);
  ctx.logger("error", "member_unreadable", { members: unread.map(({ key }) => key) });
}

/** What takes nothing away may wait: a decision less long than what is only signed again. */
function paceOf({ narrows, isNarrowing, changeSetId }: PublishOptions, takesAway: boolean): { pace?: Pace } {
  if (narrows || isNarrowing === true || takesAway) return {};
  return { pace: changeSetId === null ? "calm" : "soon" };
}

/** Whether a platform document stops what the one before it let run, as what a device handed back does. */
function stopsMore(before: StoredDocument | null, body: PlatformBody): boolean {
  const said = before === null ? {} : (ownClaims(before.jws) ?? {});
  return (["suspended", "blockedHosts"] as const).some((name) => {
    const stopped = said[name];
    return body[name].some((subject) => !(Array.isArray(stopped) && stopped.includes(subject)));
  });
}

type Turn = { resumes: boolean; begins: boolean; epoch: number };

/**
 * Other programs whose documents end with what is signed now: after a loss all, with a new epoch those of an older one.
 * They are signed with it where they are few. Many are left to `resignDocuments`: after a loss devices keep what they have;
 * a new epoch would end it, so what waits for nothing else waits until they are signed, and raises `unavailable`.
 */
async function othersOf(
  tx: Transaction,
  appIds: readonly string[],
  { resumes, begins, epoch }: Turn,
): Promise<string[]> {
  if (!resumes && !begins) return [];
  const others = (await allPrograms(tx.db)).filter((appId) => !appIds.includes(appId));
  const newest = resumes ? null : await newestPositions(tx.db, others);
  const left = others.filter((appId) => newest === null || (newest.get(appId)?.epoch ?? 0) < epoch);
  if (left.length <= PROGRAMS_AT_ONCE) return left;
  if (resumes) return [];
  throw new AppError(
    "unavailable",
    `A new epoch begins: the documents of ${left.length} programs are still to be signed, and devices go on with those that they have. Try again in some seconds; suspending and narrowing go on.`,
    { retryAfterSeconds: EPOCH_RETRY_SECONDS },
  );
}
const EPOCH_RETRY_SECONDS = 5;

/** The newest documents of these programs, and what the next ones say. */
function readPrograms(tx: Transaction, appIds: readonly string[]) {
  return Promise.all([newestDocuments(tx.db, appIds), buildPrograms(tx.db, appIds)]);
}

/** What an announcement says of freshly signed documents. */
export function announcedDocuments(issued: readonly StoredDocument[]) {
  return issued.map(({ kind, appId, epoch, revision }) => ({
    kind,
    appId: kind === "platform" ? null : appId,
    epoch,
    revision,
  }));
}

/** The keyset with which a new epoch begins, for an announcement, and whether it names a policy key no more. */
async function offeredKeyset(tx: Transaction, ctx: SigningContext, keyset: KeysetClaims, before: Position) {
  const { keysets } = await ctx.keysets.walk(tx.db);
  const last = keysets.findLast(({ claims }) => claims.epoch <= before.epoch)?.claims;
  const { epoch, revision } = keyset;
  return {
    offered: [{ kind: "keyset" as const, appId: null, epoch, revision }],
    dropsKey: !namesAllKeysOf(keyset, last),
  };
}

/**
 * Builds, signs and stores the documents of these programs and the platform document, within the caller's transaction
 * and behind the lock of the platform row. After a restore, or where a device proved a newer document, it signs above
 * whatever may be out there (spec 7.8), and every program's document with them where they are few; a narrowing leaves
 * those of the others to `resignDocuments`, which it sets going. The first platform document of an epoch begins it, and its
 * keyset is offered with it (spec 4.40): where many programs lack a document of that epoch, a narrowing alone does not wait. The log names
 * what is signed (`document.publish`), and its end is signed with the platform document that tells it; not where the log lacks what was
 * signed before, which keeps no document back. What is published is announced after the commit. Raises `unavailable` where
 * no unexpired keyset or key can sign, or what may allow more meets a jump of the clock, `not_found` for a program that is not registered, `unprocessable` where the
 * rows would make a document that devices refuse. A program of which something cannot be read gets no document: where
 * something of it was taken away, its minimum is the revision that it has not got, so that nothing of it is allowed
 * until it has.
 */
export async function publishDocuments(
  tx: Transaction,
  ctx: SigningContext,
  options: PublishOptions,
): Promise<Published> {
  await holdPlatform(tx);
  const [{ newest: keyset, keysets }, row, before, jumpMs, named] = await Promise.all([
    ctx.keysets.stand(tx.db),
    readContinuity(tx.db),
    newestDocument(tx.db, "platform", ""),
    awaitedJump(tx.db, ctx),
    readPrograms(tx, options.appIds),
  ]);
  if (keyset === null) throw new AppError("unavailable", "This platform has no keyset yet.");
  const now = issueTime(ctx, options, jumpMs, before);
  if (now >= keyset.exp) {
    throw new AppError("unavailable", "The keyset has expired; devices accept nothing until it is renewed.");
  }
  const { changeSetId, actor = POLICY_SERVICE } = options;
  const { epoch } = keyset;
  const resumes = row !== null && isBehindOf(row, before);
  const begins = before !== null && before.epoch < epoch;
  const floor = resumes ? await raiseFloor(tx, ctx, { row, epoch, actor, changeSetId }) : floorOf(row);
  // Stopping waits for no other program's document: those are due from here on, and not handed out until they are signed.
  const isAlone = options.isNarrowing === true || options.isLast === true;
  const others = isAlone ? [] : await othersOf(tx, options.appIds, { resumes, begins, epoch });
  const appIds = [...new Set([...options.appIds, ...others])].sort();
  const [newest, built] = others.length === 0 ? named : await readPrograms(tx, appIds);
  const wishes: { wanted: DocumentToIssue; previous: StoredDocument | null }[] = [];
  const minimums: Minimum[] = [];
  for (const appId of appIds) {
    const program = built.get(appId);
    if (program === undefined) throw new AppError("not_found", `There is no program ${appId}.`);
    const previous = newest.get(appId) ?? null;
    const { body } = program;
    minimums.push({ appId, revision: nextRevision(previous, floor, epoch) });
    if (body === null) goOnWithout(ctx, options, [program.unread]);
    else wishes.push({ wanted: { kind: "program", appId, body, changeSetId, floor, iat: now }, previous });
  }
  const sign = async () => {
    const by = { keyset, kid: await ctx.signer.activeKid(keyset) };
    const issued: StoredDocument[] = [];
    for (const { wanted, previous } of wishes) issued.push(await signDocument(ctx, by, wanted, previous));
    return { by, issued };
  };
  // The minimums first: a transaction's statements run in the order in which they are asked.
  const [, held, rows, { by, issued }] = await Promise.all([
    writeMinimums(tx, now, options.narrows ? minimums : []),
    settleHeld(tx, ctx, actor, changeSetId),
    readPlatform(tx.db),
    sign(),
  ]);
  const revision = nextRevision(before, floor, epoch);
  const end = await auditDocuments(tx, ctx, actor, { epoch, revision }, issued);
  const told = await ctx.heads.sign(tx, by, { end, keysets: keysets.map(({ claims }) => claims) });
  const body = buildPlatform(rows, held, told.end);
  goOnWithout(ctx, options, rows.unread);
  const wanted = { kind: "platform" as const, appId: "", body, floor, changeSetId, iat: now };
  const platformDocument = await signDocument(ctx, by, wanted, before);
  const signed = [...issued, platformDocument];
  await requireAcceptable(keyset, signed);
  await Promise.all([storeHeads(tx, told.heads), storeDocuments(tx, signed)]);
  const { offered, dropsKey } = begins
    ? await offeredKeyset(tx, ctx, keyset, before)
    : { offered: [], dropsKey: false };
  tx.announce({
    topic: "documents",
    documents: [...offered, ...announcedDocuments(signed)],
    ...paceOf(options, dropsKey || stopsMore(before, body)),
  });
  if (resumes && (isAlone || others.length === 0)) tx.announce({ topic: "documents", documents: [] });
  return {
    platform: positionOf(platformDocument),
    programs: issued.map((row) => ({ appId: row.appId, revision: row.revision })),
  };
}
