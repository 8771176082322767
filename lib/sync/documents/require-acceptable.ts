import type { StoredDocument } from "@/db/newest-document";
import { AppError } from "@/lib/platform/errors";
import { verifyDocument } from "@/native/core/documents/verify-document";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import { publicSuffixes } from "../public-suffixes";

/**
 * Judges freshly signed documents as a device would, before anyone can fetch them. Refuses `unprocessable` where one
 * would be refused: devices would keep the last good document, and the decision would reach nobody.
 */
export async function requireAcceptable(keyset: KeysetClaims, issued: readonly StoredDocument[]): Promise<void> {
  for (const document of issued) {
    const verdict = verifyDocument({
      jws: document.jws,
      keyset,
      type: document.kind === "platform" ? "bulkhead-platform" : "bulkhead-program",
      platform: keyset.platform,
      ...(document.kind === "program" ? { appId: document.appId } : {}),
      // When a device gets it is its own affair; the clock here may be the one that nobody believes.
      now: document.issuedAtSeconds,
      crypto: nodeCrypto,
      publicSuffixes: publicSuffixes(),
    });
    if (verdict.result === "accepted") continue;
    const named = document.kind === "platform" ? "the platform document" : `the document of ${document.appId}`;
    throw new AppError("unprocessable", `Devices would refuse ${named}: ${verdict.code}.`, {
      details: [{ path: `/${document.kind}`, code: verdict.code, message: "Refused at verification." }],
    });
  }
}
