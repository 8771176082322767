import { z } from "zod";
import type { DocumentCode } from "../codes";
import type { CryptoPort } from "../crypto/port";
import { type SignBytes, signCompact } from "../documents/sign-document";
import { isJsonObject, parseJson } from "../json/parse-json";
import type { KeysetClaims } from "../shapes/claims";
import { verifySigned } from "./verify-signed";

export const AUDIT_HEAD_TYPE = "bulkhead-audit-head";
/** Largest payload in bytes (spec 4.33). */
export const AUDIT_HEAD_BYTES_MAX = 4096;

/** Claims of a signed head: the closed shape of spec 4.33. Digests are 64 lower-case hex digits. */
export const auditHeadShape = z.strictObject({
  schema: z.literal(1),
  platform: z.string(),
  epoch: z.int().min(1),
  /** The entry at which the log ended. */
  sequence: z.int().min(1),
  /** That entry's own digest. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Whole seconds; told, never judged. */
  iat: z.int().min(0),
});
export type AuditHeadClaims = z.infer<typeof auditHeadShape>;

export type AuditHeadRefusal = Exclude<DocumentCode, "ACCEPTED" | "WRONG_PROGRAM" | "CONFLICT" | "EXPIRED">;
export type AuditHeadVerdict =
  | { result: "accepted"; code: "ACCEPTED"; claims: AuditHeadClaims }
  | { result: "refused"; code: AuditHeadRefusal };

/** A compact JWS of the claims (spec 4.33). */
export function signAuditHead(claims: AuditHeadClaims, signer: { kid: string; sign: SignBytes }): Promise<string> {
  return signCompact({ typ: AUDIT_HEAD_TYPE, claims, ...signer });
}

/**
 * Judges a signed head by any policy key of the walked keysets, in the order of spec 4.34. It has no end and its `iat` meets
 * no clock: a head is history, and evidence that a wrong clock could void is none. Never throws for hostile input.
 */
export function verifyAuditHead(
  jws: string,
  options: { platform: string; keysets: readonly KeysetClaims[]; crypto: CryptoPort },
): AuditHeadVerdict {
  const signed = verifySigned(jws, { types: { [AUDIT_HEAD_TYPE]: AUDIT_HEAD_BYTES_MAX }, ...options });
  if (!signed.ok) return refused(signed.code);
  const parsed = parseJson(signed.payload);
  if (!parsed.ok || !isJsonObject(parsed.value)) return refused("MALFORMED");
  const { schema } = parsed.value;
  if (typeof schema === "number" && schema !== 1) return refused("UNSUPPORTED_SCHEMA");
  const read = auditHeadShape.safeParse(parsed.value);
  if (!read.success || Object.hasOwn(parsed.value, "__proto__")) return refused("MALFORMED");
  const claims = read.data;
  if (claims.platform !== options.platform) return refused("WRONG_PLATFORM");
  const epoch = judgeEpoch(claims.epoch, signed.signers);
  return epoch === undefined ? { result: "accepted", code: "ACCEPTED", claims } : refused(epoch);
}

/** The epoch must be that of a keyset whose key signed (spec 4.34); undefined where it is. */
export function judgeEpoch(
  epoch: number,
  signers: readonly KeysetClaims[],
): "ROLLED_BACK" | "NOT_YET_VALID" | undefined {
  if (signers.some((keyset) => keyset.epoch === epoch)) return undefined;
  return signers.some((keyset) => keyset.epoch > epoch) ? "ROLLED_BACK" : "NOT_YET_VALID";
}

function refused(code: AuditHeadRefusal): AuditHeadVerdict {
  return { result: "refused", code };
}
