import { lockPlatform } from "@/db/lock-platform";
import { newestPosition } from "@/db/newest-document";
import { keysets, minRevisions, type platform } from "@/db/schema";
import type { Store, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { AppError, invariant } from "@/lib/platform/errors";
import { verifyKeyset } from "@/native/core/documents/verify-keyset";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import { awaitedJump } from "../clock/clock-jump";
import { nowSeconds, type SigningContext } from "../context";
import { currentKeyset } from "../current-keyset";
import { readDueDocuments } from "../documents/due-documents";
import { PROGRAMS_AT_ONCE } from "../documents/issue-document";
import { namesAllKeysOf } from "../documents/names-all-keys";
import { thumbprintOf } from "../keys/thumbprint";
import { publishDocuments } from "../publish-documents";
import { resignDocuments } from "../resign-documents";
import { readKeysetText } from "../trust/keyset-text";

/** The first keyset is its own witness: whoever owns the key folder decides whom devices will trust. */
function trustOf(jws: string): { rootThumbprints: string[]; threshold: number } {
  const claims = readKeysetText(jws);
  return {
    rootThumbprints: (claims?.rootKeys ?? []).map((key) => thumbprintOf(key.jwk)),
    threshold: claims?.threshold ?? 1,
  };
}

async function insertKeyset(
  tx: Transaction,
  ctx: SigningContext,
  jws: string,
  row: typeof platform.$inferSelect,
): Promise<KeysetClaims> {
  const current = await currentKeyset(tx.db);
  const verified = verifyKeyset({
    jws,
    trusted: current === null ? trustOf(jws) : current.claims,
    platform: row.platformId,
    now: nowSeconds(ctx.clock),
    crypto: nodeCrypto,
  });
  if (verified.result !== "accepted") {
    throw new AppError("unprocessable", `Devices would refuse this keyset: ${verified.code}.`);
  }
  const { claims } = verified.document;
  if (claims.environment !== row.environment) {
    throw new AppError("unprocessable", `This keyset is for ${claims.environment}, this store for ${row.environment}.`);
  }
  await tx.db.insert(keysets).values({
    revision: claims.revision,
    epoch: claims.epoch,
    jws,
    claims,
    expiresAtSeconds: claims.exp,
    createdAt: new Date(ctx.clock.nowMs()),
  });
  await appendAudit(tx, ctx, {
    actor: { kind: "system", name: "key ceremony" },
    action: "keyset.publish",
    subject: `keyset:${claims.revision}`,
    before: current === null ? null : summaryOf(current.claims),
    after: { ...summaryOf(claims), sha256: verified.document.payloadSha256 },
  });
  const isNewEpoch = current !== null && claims.epoch > current.epoch;
  // One of a new epoch is told of with the platform document that begins it.
  if (!isNewEpoch) {
    tx.announce({
      topic: "documents",
      documents: [{ kind: "keyset", appId: null, epoch: claims.epoch, revision: claims.revision }],
      ...(namesAllKeysOf(claims, current?.claims) ? { pace: "calm" as const } : {}),
    });
  }
  if (isNewEpoch) {
    // A new epoch ends every older document by itself; revisions start anew below these floors (spec §4).
    await tx.db.delete(minRevisions);
  }
  return claims;
}

const summaryOf = (claims: KeysetClaims) => ({
  revision: claims.revision,
  epoch: claims.epoch,
  expires: claims.exp,
  policyKeys: claims.keys.map((key) => key.kid),
  rootKeys: claims.rootKeys.map((key) => key.kid),
  threshold: claims.threshold,
});

/**
 * Takes a signed keyset into the chain as devices would: the threshold of the trusted one and of itself, the next
 * revision (spec §4). In the same transaction the documents are signed again that the new keyset no longer carries (a
 * removed policy key, a new epoch), where they are few; many are left to `resignDocuments`, and a new epoch begins when
 * it is done. None is where documents wait for a person (spec 7.8) or for a clock. The platform row is locked here, so a
 * transaction that counts on what it read before locks it first. Refuses `unprocessable` with the code that devices would
 * answer, `unavailable` where no key of it can sign.
 */
export async function insertAndResign(tx: Transaction, ctx: SigningContext, jws: string): Promise<KeysetClaims> {
  const row = await lockPlatform(tx);
  const claims = await insertKeyset(tx, ctx, jws, row);
  invariant(claims.platform === row.platformId, "verification binds the platform");
  const due = await readDueDocuments(tx.db, claims, nowSeconds(ctx.clock));
  if (due === null || (await awaitedJump(tx.db, ctx)) !== null) return claims;
  const isMany = due.appIds.length > PROGRAMS_AT_ONCE;
  const platform = await newestPosition(tx.db, "platform", "");
  if (isMany && platform !== null && platform.epoch < claims.epoch) {
    await ctx.signer.activeKid(claims);
    return claims;
  }
  const appIds = isMany ? [] : due.appIds;
  await publishDocuments(tx, ctx, { appIds, platform: true, changeSetId: null, narrows: false });
  return claims;
}

/** The same in a transaction of its own, and then whatever was left. */
export async function publishKeyset(store: Store, ctx: SigningContext, jws: string): Promise<KeysetClaims> {
  const claims = await store.in("decide").transaction((tx) => insertAndResign(tx, ctx, jws));
  await resignDocuments(store, ctx);
  return claims;
}
