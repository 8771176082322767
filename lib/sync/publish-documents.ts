import { lt } from "drizzle-orm";
import { readContinuity } from "@/db/continuity";
import { newestDocument, newestIssue, newestPosition, type StoredDocument } from "@/db/newest-document";
import { type Unread, unreadable } from "@/db/published-members";
import { minRevisions } from "@/db/schema";
import type { Pace, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { type Position, positionOf } from "@/native/core/documents/position";
import { LIFE_SECONDS_MAX } from "@/native/core/documents/verify-document";
import { awaitedJump } from "./clock/clock-jump";
import { clockFault } from "./clock/clock-state";
import { nowSeconds, type SigningContext } from "./context";
import { isBehindOf } from "./continuity/continuity-state";
import { settleHeld } from "./continuity/held-narrowings";
import { allPrograms, floorOf, raiseFloor } from "./continuity/resume";
import { buildPlatform, type PlatformBody } from "./documents/build-platform";
import { buildProgram } from "./documents/build-program";
import { issueDocument, nextRevision } from "./documents/issue-document";
import { ownClaims } from "./documents/own-jws";
import { requireAcceptable } from "./documents/require-acceptable";
import { lockPlatform } from "./lock-platform";

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

async function raiseMinimums(tx: Transaction, now: number, minimums: readonly Minimum[]): Promise<void> {
  for (const { appId, revision } of minimums) {
    if (revision === 1) continue;
    const floor = {
      appId,
      revision,
      keepUntil: new Date((now + LIFE_SECONDS_MAX["bulkhead-program"]) * 1000),
    };
    await tx.db.insert(minRevisions).values(floor).onConflictDoUpdate({ target: minRevisions.appId, set: floor });
  }
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
): Promise<void> {
  const programs = issued.map(({ appId, epoch, revision, sha256 }) => ({ appId, epoch, revision, sha256 }));
  await appendAudit(tx, ctx, {
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
async function issueTime(tx: Transaction, ctx: SigningContext, options: PublishOptions): Promise<number> {
  const present = nowSeconds(ctx.clock);
  const jumpMs = await awaitedJump(tx.db, ctx);
  if (jumpMs === null) return present;
  if (options.isNarrowing !== true) {
    const fault = clockFault({ machine: ctx.machine.name, jumpMs });
    throw new AppError("unavailable", `${fault?.says} ${fault?.remedy}`, {
      details: [{ path: "", code: "CLOCK_JUMPED", message: "The clock awaits a confirmation." }],
    });
  }
  return Math.min(present, (await newestIssue(tx.db, "platform", ""))?.issuedAtSeconds ?? present);
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
function paceOf({ narrows, isNarrowing, changeSetId }: PublishOptions, stops: boolean): { pace?: Pace } {
  if (narrows || isNarrowing === true || stops) return {};
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

/**
 * Builds, signs and stores the documents of these programs and the platform document, within the caller's transaction
 * and behind the lock of the platform row. After a restore, or where a device proved a newer document, it signs above
 * whatever may be out there (spec 7.8), and every program's document with them; a narrowing leaves those of the others to
 * `resignDocuments`, which it sets going. The log names
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
  await lockPlatform(tx);
  const keyset = await ctx.keysets.newest(tx.db);
  if (keyset === null) throw new AppError("unavailable", "This platform has no keyset yet.");
  const now = await issueTime(tx, ctx, options);
  if (now >= keyset.exp) {
    throw new AppError("unavailable", "The keyset has expired; devices accept nothing until it is renewed.");
  }
  const { changeSetId, actor = POLICY_SERVICE } = options;
  const row = await readContinuity(tx.db);
  const resumes = row !== null && isBehindOf(row, await newestPosition(tx.db, "platform", ""));
  const { epoch } = keyset;
  const floor = resumes ? await raiseFloor(tx, ctx, { row, epoch, actor, changeSetId }) : floorOf(row);
  // Stopping waits for no other program's document: those are due from here on, and not handed out until they are signed.
  const isAlone = options.isNarrowing === true;
  const others = resumes && !isAlone ? await allPrograms(tx.db) : [];
  const issued: StoredDocument[] = [];
  const minimums: Minimum[] = [];
  for (const appId of [...new Set([...options.appIds, ...others])].sort()) {
    const built = await buildProgram(tx.db, appId);
    if (built === null) throw new AppError("not_found", `There is no program ${appId}.`);
    const { body } = built;
    if (body === null) {
      goOnWithout(ctx, options, [built.unread]);
      minimums.push({ appId, revision: nextRevision(await newestPosition(tx.db, "program", appId), floor, epoch) });
      continue;
    }
    const document = { kind: "program" as const, appId, body, changeSetId, floor, iat: now };
    issued.push(await issueDocument(tx, ctx, keyset, document));
  }
  await tx.db.delete(minRevisions).where(lt(minRevisions.keepUntil, new Date(now * 1000)));
  if (options.narrows) await raiseMinimums(tx, now, [...issued, ...minimums]);
  await settleHeld(tx, ctx, actor, changeSetId);
  const before = await newestDocument(tx.db, "platform", "");
  const revision = nextRevision(before, floor, epoch);
  await auditDocuments(tx, ctx, actor, { epoch, revision }, issued);
  const { body, unread } = await buildPlatform(tx.db, await ctx.heads.sign(tx, keyset));
  goOnWithout(ctx, options, unread);
  const platformDocument = await issueDocument(tx, ctx, keyset, {
    kind: "platform",
    appId: "",
    body,
    floor,
    changeSetId,
    iat: now,
  });
  await requireAcceptable(keyset, [...issued, platformDocument]);
  tx.announce({
    topic: "documents",
    documents: [...issued, platformDocument].map((row) => ({
      kind: row.kind,
      appId: row.kind === "platform" ? null : row.appId,
      epoch: row.epoch,
      revision: row.revision,
    })),
    ...paceOf(options, stopsMore(before, body)),
  });
  if (resumes && isAlone) tx.announce({ topic: "documents", documents: [] });
  return {
    platform: positionOf(platformDocument),
    programs: issued.map((row) => ({ appId: row.appId, revision: row.revision })),
  };
}
