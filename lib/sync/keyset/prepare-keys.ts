import { join } from "node:path";
import type { Store } from "@/db/store";
import { AppError, invariant } from "@/lib/platform/errors";
import { readIfPresent } from "@/lib/platform/private-file";
import { signKeyset } from "@/native/core/documents/sign-document";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nowSeconds, type SyncContext } from "../context";
import type { KeyFolder } from "../keys/key-folder";
import { currentKeyset } from "./current-keyset";
import { KEYSET_RENEWAL_SECONDS, planFirstKeyset, planNextKeyset } from "./keyset-claims";
import { publishKeyset } from "./publish-keyset";
import { signWithRootKey } from "./sign-with-root-key";

/** The last trusted keyset, beside the keys: the ceremony plans from it on whatever machine it is copied to. */
export const KEYSET_COPY = "keyset.json";

const ROOT_KEYS = {
  development: { count: 1, threshold: 1 },
  production: { count: 3, threshold: 2 },
} as const;

async function signAll(folder: KeyFolder, claims: KeysetClaims): Promise<string> {
  const signers = claims.rootKeys.map(({ kid }) => ({ kid, sign: signWithRootKey(folder, kid) }));
  return await signKeyset({ claims, signers });
}

async function makeFirst(ctx: SyncContext, folder: KeyFolder, platform: PlatformIdentity): Promise<string> {
  if ((await readIfPresent(join(folder.dir, KEYSET_COPY))) !== null) {
    throw new AppError(
      "unavailable",
      "The key folder holds the keyset of a platform that this store does not know; restore the store, or move the folder away.",
    );
  }
  const { count, threshold } = ROOT_KEYS[platform.environment];
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
 * Makes sure that there is a keyset. A new platform gets its keys made and its first keyset signed; a development
 * platform, whose root keys lie here, also renews it before it runs out. Answers with what the operator should know.
 * Raises `unavailable` where the key folder belongs to another platform.
 */
export async function prepareKeys(
  store: Store,
  ctx: SyncContext,
  folder: KeyFolder,
  platform: PlatformIdentity,
): Promise<PreparedKeys> {
  const warnings: string[] = [];
  let keyset = (await currentKeyset(store.db))?.claims ?? null;
  if (keyset === null) {
    keyset = await publishKeyset(store, ctx, await makeFirst(ctx, folder, platform));
    if (platform.environment === "production") {
      const { count, threshold } = ROOT_KEYS.production;
      warnings.push(
        `Made ${count} root keys (${threshold} must sign) in ${folder.dir}. Move the root-*.json files to other machines now; docs/guides/root-ceremony.md says how.`,
      );
    }
  }
  const left = keyset.exp - nowSeconds(ctx.clock);
  if (left < KEYSET_RENEWAL_SECONDS && platform.environment === "development") {
    const plan = planNextKeyset(keyset, {}, nowSeconds(ctx.clock));
    invariant(plan.ok, "a keyset without changes is always possible");
    keyset = await publishKeyset(store, ctx, await signAll(folder, plan.claims));
  } else if (left < KEYSET_RENEWAL_SECONDS) {
    warnings.push(
      left <= 0
        ? "The keyset has expired: devices accept no new document until a root ceremony renews it."
        : `The keyset expires in ${Math.floor(left / 86_400)} days: renew it by a root ceremony.`,
    );
  }
  return { keyset, warnings };
}
