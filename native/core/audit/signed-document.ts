import { z } from "zod";
import { toHex } from "../crypto/encoding";
import type { CryptoPort } from "../crypto/port";
import { DOCUMENT_BYTES_MAX } from "../documents/envelope";
import { type RefusalCode, readSignedClaims } from "../documents/judge-claims";
import type { Position } from "../documents/position";
import { type ReadResult, readPlatformClaims } from "../documents/read-claims";
import { LIFE_SECONDS_MAX } from "../documents/verify-document";
import type { JsonObject } from "../json/parse-json";
import type { DocumentClaims, KeysetClaims, PlatformClaims } from "../shapes/claims";
import { judgeEpoch } from "./audit-head";
import type { DatedHead } from "./head-list";
import { verifySigned } from "./verify-signed";

/** A document as the audit knows it. `appId` is empty for a platform document, which alone tells where the log ended. */
export type SignedDocument = Position & { appId: string; payloadSha256: string; auditHead: DatedHead | null };

const { "bulkhead-platform": platformBytes, "bulkhead-program": programBytes } = DOCUMENT_BYTES_MAX;
const TYPES = { "bulkhead-platform": platformBytes, "bulkhead-program": programBytes };

const whole = z.int().min(0);
/** What the audit asks of a program document: that it was signed, and which one it is. */
const programPosition = z.object({
  schema: z.literal(1),
  platform: z.string(),
  epoch: whole.min(1),
  revision: whole.min(1),
  iat: whole,
  exp: whole,
  appId: z.string().min(1),
});
type ProgramPosition = DocumentClaims & { appId: string };

/**
 * A platform or program document as evidence: whether the platform signed it, at any time, not whether a device would
 * apply it now. Codes are those of spec §4 in their order; no clock is asked.
 */
export function verifySignedDocument(
  jws: string,
  options: { platform: string; keysets: readonly KeysetClaims[]; crypto: CryptoPort },
): { ok: true; document: SignedDocument } | { ok: false; code: RefusalCode } {
  const signed = verifySigned(jws, { types: TYPES, ...options });
  if (!signed.ok) return signed;
  const type = signed.typ as keyof typeof TYPES;
  const read = readSignedClaims<PlatformClaims | ProgramPosition>(
    signed.payload,
    READERS[type],
    LIFE_SECONDS_MAX[type],
  );
  if (!read.ok) return read;
  const { claims } = read;
  if (claims.platform !== options.platform) return { ok: false, code: "WRONG_PLATFORM" };
  const epoch = judgeEpoch(claims.epoch, signed.signers);
  if (epoch !== undefined) return { ok: false, code: epoch };
  const document: SignedDocument = {
    epoch: claims.epoch,
    revision: claims.revision,
    appId: "appId" in claims ? claims.appId : "",
    payloadSha256: toHex(options.crypto.sha256(signed.payload)),
    auditHead: "auditHead" in claims && claims.auditHead.sequence > 0 ? { ...claims.auditHead, iat: claims.iat } : null,
  };
  return { ok: true, document };
}

const READERS: {
  [Type in keyof typeof TYPES]: (raw: JsonObject) => ReadResult<PlatformClaims | ProgramPosition>;
} = {
  "bulkhead-platform": (raw) => readPlatformClaims(raw),
  "bulkhead-program": (raw) => {
    const parsed = programPosition.safeParse(raw);
    return parsed.success ? { ok: true, claims: parsed.data } : { ok: false };
  },
};
