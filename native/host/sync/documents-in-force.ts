import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../../core/shapes/claims";

/** The documents that count on this device. Suspensions that are held act beside what the platform document says. */
export type DocumentsInForce = {
  keyset: KeysetClaims | undefined;
  platform: PlatformClaims | undefined;
  programs: ReadonlyMap<string, ProgramClaims>;
  heldSuspensions: ReadonlySet<string>;
};

/**
 * What counts between the moment a platform document is stored and the moment it is applied together with the programs'
 * documents that it names: everything as before, and already its suspensions and blocked hosts (spec §4). The new list
 * of blocked hosts comes first, so that a denial's `rule` points into the document that is about to be applied.
 */
export function closeEarly(before: DocumentsInForce, arriving: PlatformClaims): DocumentsInForce {
  const heldSuspensions = new Set([...before.heldSuspensions, ...arriving.suspended]);
  const isBlockingMore = arriving.blockedHosts.some((host) => !before.platform?.blockedHosts.includes(host));
  // The same document object where nothing more is blocked: programs keep the policy that they have.
  if (!before.platform || !isBlockingMore) return { ...before, heldSuspensions };
  const kept = before.platform.blockedHosts.filter((host) => !arriving.blockedHosts.includes(host));
  const blockedHosts = [...arriving.blockedHosts, ...kept];
  return { ...before, platform: { ...before.platform, blockedHosts }, heldSuspensions };
}
