import { join } from "node:path";
import { lockPlatform } from "@/db/lock-platform";
import type { Transaction } from "@/db/store";
import { AppError, invariant, isAppError } from "@/lib/platform/errors";
import { readIfPresent } from "@/lib/platform/private-file";
import { signKeyset } from "@/native/core/documents/sign-document";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { awaitedJump } from "../clock/clock-jump";
import { nowSeconds, type SigningContext } from "../context";
import { currentKeyset } from "../current-keyset";
import type { KeyFolder } from "../keys/key-folder";
import { KEYSET_COPY, readInbox } from "./inbox-files";
import { KEYSET_RENEWAL_SECONDS, planFirstKeyset, planNextKeyset } from "./keyset-claims";
import { insertAndResign } from "./publish-keyset";
import { signWithRootKey } from "./sign-with-root-key";

const ROOT_KEYS = {
  development: { count: 1, threshold: 1 },
  production: { count: 3, threshold: 2 },
} as const;

async function signAll(folder: KeyFolder, claims: KeysetClaims): Promise<string> {
  const signers = claims.rootKeys.map(({ kid }) => ({ kid, sign: signWithRootKey(folder, kid) }));
  return await signKeyset({ claims, signers });
}

async function makeFirst(ctx: SigningContext, folder: KeyFolder, platform: PlatformIdentity): Promise<string> {
  if ((await readIfPresent(join(folder.dir, KEYSET_COPY))) !== null) {
    throw new AppError(
      "unavailable",
      `${join(folder.dir, KEYSET_COPY)} is the keyset of a platform that this store does not know, so no keys were made beside it.\nRestore the store, or move the key folder away.`,
    );
  }
  const { count, threshold } = ROOT_KEYS[platform.environment];
  // What a start that was cut off has made is taken up: no key is left over.
  while ((await folder.list("root")).length < count) await folder.create("root");
  if ((await folder.list("policy")).length === 0) await folder.create("policy");
  const plan = planFirstKeyset({
    platform: platform.platformId,
    environment: platform.environment,
    policyKeys: (await folder.list("policy")).map(({ kid, jwk }) => ({ kid, jwk })),
    rootKeys: (await folder.list("root")).map(({ kid, jwk }) => ({ kid, jwk })),
    threshold,
    nowSeconds: nowSeconds(ctx.clock),
  });
  invariant(plan.ok, "a first keyset of new keys is always possible");
  return await signAll(folder, plan.claims);
}

export type PlatformIdentity = { platformId: string; environment: KeysetClaims["environment"] };
export type PreparedKeys = { keyset: KeysetClaims; warnings: string[] };

/**
 * Publishes the first keyset: the one that a ceremony laid into the inbox, or else one of keys that are made here. A
 * ceremony's keyset that cannot be taken is left where it is, and no keys are made in its place.
 */
async function publishFirst(
  tx: Transaction,
  ctx: SigningContext,
  folder: KeyFolder,
  platform: PlatformIdentity,
): Promise<PreparedKeys> {
  const [waiting] = await readInbox(folder.dir);
  if (waiting === undefined) {
    const keyset = await insertAndResign(tx, ctx, await makeFirst(ctx, folder, platform));
    if (platform.environment === "development") return { keyset, warnings: [] };
    const { count, threshold } = ROOT_KEYS.production;
    const warning = `Made ${count} root keys (${threshold} must sign) in ${folder.dir}. Move the root-*.json files to other machines now; docs/guides/root-ceremony.md says how.`;
    return { keyset, warnings: [warning] };
  }
  try {
    return { keyset: await insertAndResign(tx, ctx, waiting.text), warnings: [] };
  } catch (cause) {
    if (!isAppError(cause)) throw cause;
    throw new AppError(
      "unavailable",
      `The first keyset, ${waiting.path}, is not taken: ${cause.message.replaceAll("\n", " ")} No keys were made in its place.\nStart with what it was made for (BULKHEAD_PLATFORM_ID, BULKHEAD_ENVIRONMENT), or replace the file.`,
      { cause: cause.cause },
    );
  }
}

/** A development platform's root keys lie here, so it renews its keyset by itself; without them it says so. */
async function renew(
  tx: Transaction,
  ctx: SigningContext,
  folder: KeyFolder,
  keyset: KeysetClaims,
): Promise<PreparedKeys> {
  const plan = planNextKeyset(keyset, {}, nowSeconds(ctx.clock));
  invariant(plan.ok, "a keyset without changes is always possible");
  const own = await folder.survey("root");
  // A wrong clock would renew it into a future that no device believes.
  if ((await awaitedJump(tx.db, ctx)) !== null) return { keyset, warnings: [] };
  const isHere = (kid: string) => own.ok && own.keys.some((key) => key.kid === kid);
  if (!keyset.rootKeys.every(({ kid }) => isHere(kid))) return { keyset, warnings: [expiryWarning(ctx, keyset)] };
  return { keyset: await insertAndResign(tx, ctx, await signAll(folder, plan.claims)), warnings: [] };
}

function expiryWarning(ctx: SigningContext, keyset: KeysetClaims): string {
  const left = keyset.exp - nowSeconds(ctx.clock);
  return left <= 0
    ? "The keyset has expired: devices accept no new document until a root ceremony renews it (docs/guides/root-ceremony.md)."
    : `The keyset expires in ${Math.floor(left / 86_400)} days: renew it by a root ceremony (docs/guides/root-ceremony.md).`;
}

/**
 * Makes sure that there is a keyset, behind the lock of the platform row: of several processes that start at once one
 * makes keys and keyset, and the others find them. A development platform also renews it before it runs out. Answers
 * with what the operator should know. Raises `unavailable` where the key folder belongs to another platform, or the
 * ceremony's first keyset cannot be taken.
 */
export async function prepareKeys(
  tx: Transaction,
  ctx: SigningContext,
  folder: KeyFolder,
  platform: PlatformIdentity,
): Promise<PreparedKeys> {
  await lockPlatform(tx);
  const keyset = (await currentKeyset(tx.db))?.claims ?? null;
  if (keyset === null) return await publishFirst(tx, ctx, folder, platform);
  if (keyset.exp - nowSeconds(ctx.clock) >= KEYSET_RENEWAL_SECONDS) return { keyset, warnings: [] };
  if (platform.environment === "development") return await renew(tx, ctx, folder, keyset);
  return { keyset, warnings: [expiryWarning(ctx, keyset)] };
}
