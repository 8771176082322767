import type { KeysetClaims, NamedKey } from "@/native/core/shapes/claims";

const DAY = 86_400;
/** How long a keyset lives from its signing; the contract allows 200 days (spec §4). */
export const KEYSET_LIFE_SECONDS = 180 * DAY;
/** From when the console asks for a new one. */
export const KEYSET_RENEWAL_SECONDS = 30 * DAY;

/** What the next keyset changes; absent members stay as they are. */
export type KeysetChange = {
  addPolicyKeys?: NamedKey[];
  removePolicyKids?: string[];
  addRootKeys?: NamedKey[];
  removeRootKids?: string[];
  threshold?: number;
  /** The way back from a fast-forward or a stolen policy key: ends every stored document at once (spec §4). */
  raisesEpoch?: boolean;
};

export type KeysetPlan = { ok: true; claims: KeysetClaims } | { ok: false; problem: string };

function problemOf(claims: KeysetClaims): string | null {
  if (claims.keys.length === 0) return "a keyset needs a policy key";
  const roots = new Set(claims.rootKeys.map((key) => key.kid));
  if (claims.threshold < 1) return "the threshold is at least 1";
  if (roots.size < claims.threshold) return `${roots.size} root keys can't meet a threshold of ${claims.threshold}`;
  if (claims.keys.some((key) => roots.has(key.kid))) return "a root key can't be a policy key as well";
  return null;
}

function checked(claims: KeysetClaims): KeysetPlan {
  const problem = problemOf(claims);
  return problem === null ? { ok: true, claims } : { ok: false, problem };
}

/** The first keyset of a platform: epoch 1, revision 1. */
export function planFirstKeyset(options: {
  platform: string;
  environment: KeysetClaims["environment"];
  policyKeys: NamedKey[];
  rootKeys: NamedKey[];
  threshold: number;
  nowSeconds: number;
}): KeysetPlan {
  return checked({
    schema: 1,
    platform: options.platform,
    epoch: 1,
    revision: 1,
    iat: options.nowSeconds,
    exp: options.nowSeconds + KEYSET_LIFE_SECONDS,
    environment: options.environment,
    keys: options.policyKeys,
    rootKeys: options.rootKeys,
    threshold: options.threshold,
  });
}

function changeKeys(keys: NamedKey[], add: NamedKey[], remove: string[]): NamedKey[] {
  const kept = keys.filter((key) => !remove.includes(key.kid) && !add.some((added) => added.kid === key.kid));
  return [...kept, ...add].map(({ kid, jwk }) => ({ kid, jwk }));
}

/** The successor of `previous`, with a revision higher by one (spec §4). Says what is wrong instead of planning it. */
export function planNextKeyset(previous: KeysetClaims, change: KeysetChange, nowSeconds: number): KeysetPlan {
  const missing = [
    ...(change.removePolicyKids ?? []).filter((kid) => !previous.keys.some((key) => key.kid === kid)),
    ...(change.removeRootKids ?? []).filter((kid) => !previous.rootKeys.some((key) => key.kid === kid)),
  ];
  if (missing.length > 0) return { ok: false, problem: `the keyset has no key ${missing.join(", ")}` };
  return checked({
    schema: 1,
    platform: previous.platform,
    epoch: previous.epoch + (change.raisesEpoch === true ? 1 : 0),
    revision: previous.revision + 1,
    // Order is the revision's alone (spec §4): a clock that was ahead once must not delay the next ceremony.
    iat: nowSeconds,
    exp: nowSeconds + KEYSET_LIFE_SECONDS,
    environment: previous.environment,
    keys: changeKeys(previous.keys, change.addPolicyKeys ?? [], change.removePolicyKids ?? []),
    rootKeys: changeKeys(previous.rootKeys, change.addRootKeys ?? [], change.removeRootKids ?? []),
    threshold: change.threshold ?? previous.threshold,
  });
}
