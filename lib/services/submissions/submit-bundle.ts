import { and, eq } from "drizzle-orm";
import { bundles, changeSets, programs, publisherKeys, versions } from "@/db/schema";
import type { StagedBundle, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { lockPlatform } from "@/lib/sync/lock-platform";
import { saveChanges } from "../change-sets/change-set-rows";
import { judgeChanges } from "../change-sets/judge-changes";
import type { LeanContext } from "../context";
import { loadState } from "../members/load-state";
import { listingEdits } from "./listing-edits";
import { readSubmittedBundle, type SubmittedBundle } from "./read-submitted-bundle";
import { type SubmissionView, toSubmissionView } from "./submission-view";

type PublisherActor = Extract<Actor, { kind: "publisher" }>;

/**
 * Takes a signed bundle in: verified by the publisher's active keys, for a program that is registered to it, with a
 * version code above all before. It becomes a proposal whose proposer is the publisher (spec §6). The same bytes again
 * answer with the same submission. Raises `unprocessable` for what a device would refuse, `not_found` for a program
 * that is not this publisher's, `conflict` for a code that does not rise, `unavailable` when the disk does not
 * take it or it was not opened in time.
 * Audited as `submission.receive`.
 */
export async function submitBundle(
  ctx: LeanContext,
  actor: PublisherActor,
  input: { bytes: Uint8Array; signatureDer: Uint8Array },
): Promise<SubmissionView> {
  const { publisherId } = actor;
  const keys = await ctx.store.db.select().from(publisherKeys).where(eq(publisherKeys.publisherId, publisherId));
  const open = (bytes: Uint8Array) => ctx.openBundle(bytes, publisherId);
  const bundle = await readSubmittedBundle(input.bytes, input.signatureDer, keys, open);
  const files = ctx.store.bundleFiles;
  // The slow part, before anything is locked.
  const staged =
    (await files?.stage(bundle.version.sha256, { content: input.bytes, signature: input.signatureDer })) ?? null;
  try {
    return await receive(ctx, actor, { ...input, bundle, staged });
  } finally {
    await staged?.drop();
  }
}

async function receive(
  ctx: LeanContext,
  actor: PublisherActor,
  input: { bytes: Uint8Array; signatureDer: Uint8Array; bundle: SubmittedBundle; staged: StagedBundle | null },
): Promise<SubmissionView> {
  const { publisherId } = actor;
  const { bundle, staged } = input;
  return ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    await requireOwnProgram(tx, bundle.appId, publisherId);
    const known = await tx.db.select().from(versions).where(eq(versions.appId, bundle.appId));
    const same = known.find((version) => version.sha256 === bundle.version.sha256);
    if (same !== undefined) return toSubmissionView(same);
    await requireActiveKey(tx, publisherId, bundle.version.kid);
    const highest = known.reduce((code, version) => Math.max(code, version.code), -1);
    if (bundle.version.code <= highest) {
      throw conflict("VERSION_NOT_HIGHER", `Version code ${highest} was submitted before; this one must be higher.`);
    }
    const at = new Date(ctx.clock.nowMs());
    const { sha256, size: sizeBytes } = bundle.version;
    await tx.db
      .insert(bundles)
      .values({ sha256, sizeBytes, content: input.bytes, signature: input.signatureDer, createdAt: at })
      .onConflictDoNothing();
    const row = await insertVersion(tx, ctx, bundle, actor, at);
    const changeSetId = await proposeListing(tx, ctx, bundle, publisherId, at);
    // Before the commit: a row never names a bundle whose files power loss could take.
    await staged?.keep();
    await appendAudit(tx, ctx, {
      actor,
      action: "submission.receive",
      subject: `submission:${row.submissionId}`,
      appId: bundle.appId,
      changeSetId,
      after: bundle.version,
      requestId: ctx.requestId ?? null,
    });
    tx.announce({ topic: "programs" });
    tx.announce({ topic: "change-sets" });
    return toSubmissionView(row);
  });
}

/** Nobody else's program is told apart from one that is not there. */
async function requireOwnProgram(tx: Transaction, appId: string, publisherId: string): Promise<void> {
  const [program] = await tx.db
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
