import { lt } from "drizzle-orm";
import { readContinuity } from "@/db/continuity";
import { newestPosition, type StoredDocument } from "@/db/newest-document";
import { minRevisions } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { type Position, positionOf } from "@/native/core/documents/position";
import { LIFE_SECONDS_MAX } from "@/native/core/documents/verify-document";
import { nowSeconds, type SigningContext } from "./context";
import { isBehindOf } from "./continuity/continuity-state";
import { settleHeld } from "./continuity/held-narrowings";
import { allPrograms, floorOf, raiseFloor } from "./continuity/resume";
import { buildPlatform } from "./documents/build-platform";
import { buildProgram } from "./documents/build-program";
import { issueDocument } from "./documents/issue-document";
import { requireAcceptable } from "./documents/require-acceptable";
import { currentKeyset } from "./keyset/current-keyset";
import { lockPlatform } from "./lock-platform";

export type PublishOptions = {
  /** The programs whose documents say something new. */
  appIds: readonly string[];
  /** Every publish raises the platform document too: "which devices have it" is asked of that one number (spec §4). */
  platform: true;
  changeSetId: string | null;
  /** Whether less is allowed than before: then older documents of these programs are set below their minimum. */
  narrows: boolean;
  /** Who publishes; absent for what the policy service does by itself. */
  actor?: Actor;
};
const POLICY_SERVICE: Actor = { kind: "system", name: "policy service" };
export type Published = {
  /** Where the platform document stands now. */
  platform: Position;
  programs: { appId: string; revision: number }[];
};

async function raiseMinimums(tx: Transaction, ctx: SigningContext, issued: StoredDocument[]): Promise<void> {
  const now = nowSeconds(ctx.clock);
  for (const document of issued) {
    if (document.revision === 1) continue;
    const floor = {
      appId: document.appId,
      revision: document.revision,
      keepUntil: new Date((now + LIFE_SECONDS_MAX["bulkhead-program"]) * 1000),
    };
    await tx.db.insert(minRevisions).values(floor).onConflictDoUpdate({ target: minRevisions.appId, set: floor });
  }
}

/**
 * Builds, signs and stores the documents of these programs and the platform document, within the caller's transaction
 * and behind the lock of the platform row. After a restore, or where a device proved a newer document, it signs every
 * document, above whatever may be out there (spec 7.8). What is published is announced after the commit. Raises `unavailable` where
 * no unexpired keyset or key can sign, `not_found` for a program that is not registered, `unprocessable` where the
 * rows would make a document that devices refuse.
 */
export async function publishDocuments(
  tx: Transaction,
  ctx: SigningContext,
  options: PublishOptions,
): Promise<Published> {
  await lockPlatform(tx);
  const keyset = await currentKeyset(tx.db);
  if (keyset === null) throw new AppError("unavailable", "This platform has no keyset yet.");
  if (nowSeconds(ctx.clock) >= keyset.expiresAtSeconds) {
    throw new AppError("unavailable", "The keyset has expired; devices accept nothing until it is renewed.");
  }
  const { changeSetId, actor = POLICY_SERVICE } = options;
  const row = await readContinuity(tx.db);
  const resumes = row !== null && isBehindOf(row, await newestPosition(tx.db, "platform", ""));
  const appIds = resumes ? await allPrograms(tx) : [];
  const { epoch } = keyset.claims;
  const floor = resumes ? await raiseFloor(tx, ctx, { row, epoch, appIds, actor, changeSetId }) : floorOf(row);
  const issued: StoredDocument[] = [];
  for (const appId of [...new Set([...options.appIds, ...appIds])].sort()) {
    const body = await buildProgram(tx.db, appId);
    if (body === null) throw new AppError("not_found", `There is no program ${appId}.`);
    issued.push(await issueDocument(tx, ctx, keyset.claims, { kind: "program", appId, body, changeSetId, floor }));
  }
  await tx.db.delete(minRevisions).where(lt(minRevisions.keepUntil, new Date(ctx.clock.nowMs())));
  if (options.narrows) await raiseMinimums(tx, ctx, issued);
  await settleHeld(tx, ctx, actor, changeSetId);
  const platformDocument = await issueDocument(tx, ctx, keyset.claims, {
    kind: "platform",
    appId: "",
    body: await buildPlatform(tx.db),
    changeSetId,
    floor,
  });
  await requireAcceptable(keyset.claims, [...issued, platformDocument], nowSeconds(ctx.clock));
  tx.announce({
    topic: "documents",
    documents: [...issued, platformDocument].map((row) => ({
      kind: row.kind,
      appId: row.kind === "platform" ? null : row.appId,
      epoch: row.epoch,
      revision: row.revision,
    })),
  });
  return {
    platform: positionOf(platformDocument),
    programs: issued.map((row) => ({ appId: row.appId, revision: row.revision })),
  };
}
