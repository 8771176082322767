import { and, eq, max } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { lockPlatform } from "@/db/lock-platform";
import { bundles, changeSets, programs, publisherKeys, versions } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { BundleSeal } from "@/native/node/judge-bundle";
import { saveChanges } from "../change-sets/change-set-rows";
import { judgeChanges } from "../change-sets/judge-changes";
import type { LeanContext } from "../context";
import { loadState } from "../members/load-state";
import { listingEdits } from "./listing-edits";
import { readSubmittedBundle, type SubmittedBundle } from "./read-submitted-bundle";
import { removeBundle } from "./remove-bundle";
import { requireRoom } from "./require-room";
import { type SubmissionView, toSubmissionView } from "./submission-view";

type PublisherActor = Extract<Actor, { kind: "publisher" }>;

/** How a bundle comes in: as bytes that are read once, into a file. */
export type SentBundle = {
  content: AsyncIterable<Uint8Array>;
  signatureDer: Uint8Array;
};

/**
 * Takes a signed bundle in: verified by the publisher's active keys, for a program that is registered to it, with a
 * version code above all that wait or were ever listed. It becomes a proposal whose proposer is the publisher (spec §6).
 * The same bytes again answer with the same submission while that waits or once it was listed, and are its file where
 * that was lost, under the signature that was taken in first. Raises `limit_exceeded` where the publisher has too much
 * waiting, `unprocessable` for what a device would refuse, `not_found` for a program that is not this publisher's,
 * `conflict` for a code that does not rise, `unavailable` when the disk does not take it or it was not judged in time; each
 * leaves neither file nor row. Audited as `submission.receive`.
 */
export async function submitBundle(ctx: LeanContext, actor: PublisherActor, sent: SentBundle): Promise<SubmissionView> {
  const { publisherId } = actor;
  const { store, bundles: files } = ctx;
  const keys = await store.db.select().from(publisherKeys).where(eq(publisherKeys.publisherId, publisherId));
  const staged = await files.stage(sent.content);
  try {
    const { sizeBytes } = staged;
    const { signatureDer } = sent;
    const judge = (seal: BundleSeal) => ctx.judgeBundle(staged, seal, publisherId);
    const bundle = await readSubmittedBundle({ sizeBytes, signatureDer }, keys, judge);
    const { sha256 } = bundle.version;
    // Before the file: one of these bytes may be there, and is not a stranger's to sign.
    await requireOwnProgram(store.db, bundle.appId, publisherId);
    const known = await findSame(store.db, bundle);
    if (known?.fileState === "kept" && (await files.sizeOf(sha256)) !== null) return toSubmissionView(known.row);
    // Before the transaction, so that nothing waits for the disk with the lock in its hand; before the commit, so that
    // no row names a bundle that power loss could take.
    await staged.keep(sha256, known?.signature ?? signatureDer);
    try {
      return await receive(ctx, actor, { bundle, signatureDer });
    } catch (error) {
      await removeRefused(ctx, sha256);
      throw error;
    }
  } finally {
    await staged.drop();
  }
}

/** The submission of the same bytes that counts, how its file was found last, and the signature that is its. */
async function findSame(db: Database, { appId, version }: SubmittedBundle) {
  const [same] = await db
    .select({ row: versions, fileState: bundles.state, signature: bundles.signature })
    .from(versions)
    .leftJoin(bundles, eq(bundles.sha256, versions.sha256))
    .where(and(eq(versions.appId, appId), eq(versions.sha256, version.sha256), holdsCode()));
  return same;
}

/** What a refusal at the end leaves behind goes; where something else needs the same bytes, its signature comes back. */
async function removeRefused(ctx: LeanContext, sha256: string): Promise<void> {
  try {
    if (!(await removeBundle(ctx, sha256))) await signAsRow(ctx, sha256);
  } catch (error) {
    // Why it was not taken in is what counts; housekeeping removes the file later.
    ctx.logger("warn", "bundle_not_removed", { sha256, error });
  }
}

async function signAsRow(ctx: LeanContext, sha256: string): Promise<void> {
  await ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    const [row] = await tx.db.select({ signature: bundles.signature }).from(bundles).where(eq(bundles.sha256, sha256));
    if (row !== undefined) await ctx.bundles.sign(sha256, row.signature);
  });
}

async function receive(
  ctx: LeanContext,
  actor: PublisherActor,
  { bundle, signatureDer }: { bundle: SubmittedBundle; signatureDer: Uint8Array },
): Promise<SubmissionView> {
  const { publisherId } = actor;
  const { appId, version, attested } = bundle;
  return ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    await requireOwnProgram(tx.db, appId, publisherId);
    const same = await findSame(tx.db, bundle);
    if (same !== undefined) {
      // Another may have sent the same bytes under another key at the same time; the row says whose signature counts.
      if (same.signature !== null) await ctx.bundles.sign(version.sha256, same.signature);
      // Its file was not there, or was changed; now it is that of these bytes.
      await tx.db.update(bundles).set({ state: "kept", checkedAt: null }).where(eq(bundles.sha256, version.sha256));
      return toSubmissionView(same.row);
    }
    await requireActiveKey(tx, publisherId, version.kid);
    const [held] = await tx.db
      .select({ highest: max(versions.code) })
      .from(versions)
      .where(and(eq(versions.appId, appId), holdsCode()));
    const highest = held?.highest ?? -1;
    if (version.code <= highest) {
      throw conflict("VERSION_NOT_HIGHER", `Version code ${highest} was submitted before; this one must be higher.`);
    }
    const at = new Date(ctx.clock.nowMs());
    const factor = ctx.config.submissionQuota;
    await requireRoom(tx.db, { publisherId, appId, bytes: version.size, factor, nowMs: at.getTime() });
    if ((await ctx.bundles.sizeOf(version.sha256)) === null) {
      throw new AppError("unavailable", "The same bytes were removed meanwhile. Nothing was taken in; send it again.");
    }
    await ctx.bundles.sign(version.sha256, signatureDer);
    const verified = { signature: signatureDer, kid: version.kid, verifiedAt: at, ...attested };
    const kept = { ...verified, state: "kept" as const, checkedAt: null };
    await tx.db
      .insert(bundles)
      .values({ sha256: version.sha256, sizeBytes: version.size, createdAt: at, ...kept })
      .onConflictDoUpdate({ target: bundles.sha256, set: kept });
    const row = await insertVersion(tx, ctx, bundle, actor, at);
    const changeSetId = await proposeListing(tx, ctx, bundle, publisherId, at);
    await appendAudit(tx, ctx, {
      actor,
      action: "submission.receive",
      subject: `submission:${row.submissionId}`,
      appId,
      changeSetId,
      after: version,
      requestId: ctx.requestId ?? null,
    });
    tx.announce({ topic: "programs" });
    tx.announce({ topic: "change-sets" });
    return toSubmissionView(row);
  });
}

/** Nobody else's program is told apart from one that is not there. */
async function requireOwnProgram(db: Database, appId: string, publisherId: string): Promise<void> {
  const [program] = await db
    .select()
    .from(programs)
    .where(and(eq(programs.appId, appId), eq(programs.publisherId, publisherId)));
  if (program === undefined) throw new AppError("not_found", "No such program is registered to this publisher.");
  if (program.status === "retired") throw conflict("RETIRED", "This program is retired.");
}

/** The key was active when the signature was checked, before the lock. */
async function requireActiveKey(tx: Transaction, publisherId: string, kid: string): Promise<void> {
  const [key] = await tx.db
    .select({ status: publisherKeys.status })
    .from(publisherKeys)
    .where(and(eq(publisherKeys.publisherId, publisherId), eq(publisherKeys.kid, kid)));
  if (key?.status !== "active") throw conflict("KEY_REVOKED", "The key that signed this was revoked.");
}

async function insertVersion(
  tx: Transaction,
  ctx: LeanContext,
  { appId, version, engine, manifest }: SubmittedBundle,
  { publisherId, tokenId }: PublisherActor,
  at: Date,
): Promise<typeof versions.$inferSelect> {
  const { code, name, sha256, size, kid, declares } = version;
  const [row] = await tx.db
    .insert(versions)
    .values({
      appId,
      code,
      name,
      publisherId,
      sha256,
      sizeBytes: size,
      kid,
      engine,
      declares,
      manifest,
      state: "submitted",
      submissionId: ctx.ids.next("submission"),
      tokenId,
      submittedAt: at,
    })
    .returning();
  if (row === undefined) throw new AppError("internal", "Something went wrong on our side.");
  return row;
}

async function proposeListing(
  tx: Transaction,
  ctx: LeanContext,
  { appId, version }: SubmittedBundle,
  ownerId: string,
  at: Date,
): Promise<string> {
  const state = await loadState(tx.db, [{ kind: "registration", appId }]);
  const edits = listingEdits(state, appId, version);
  // No person stands in a listing, so set-up has no say in it.
  const judged = judgeChanges(state, edits, { isSetUpComplete: true }, ctx.ids);
  const id = ctx.ids.next("changeSet");
  await tx.db.insert(changeSets).values({
    id,
    ownerId,
    state: "proposed",
    reason: `List version ${version.name}`,
    proposedAt: at,
    createdAt: at,
    updatedAt: at,
  });
  await saveChanges(tx.db, id, judged.rows);
  return id;
}

function conflict(code: string, message: string): AppError {
  return new AppError("conflict", message, { details: [{ path: "", code, message }] });
}
