import type { KeysetClaims } from "@/native/core/shapes/claims";

/** Whether a keyset names every policy key of the one before it. One that is named no more may be a stolen one. */
export function namesAllKeysOf(claims: KeysetClaims, before: KeysetClaims | undefined): boolean {
  const kids = new Set(claims.keys.map(({ kid }) => kid));
  return (before?.keys ?? []).every(({ kid }) => kids.has(kid));
}
