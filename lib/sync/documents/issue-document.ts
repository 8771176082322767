import { createHash } from "node:crypto";
import type { StoredDocument } from "@/db/newest-document";
import { documents } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { insertRows } from "@/db/write-rows";
import { AppError } from "@/lib/platform/errors";
import { DOCUMENT_BYTES_MAX } from "@/native/core/documents/envelope";
import type { Position } from "@/native/core/documents/position";
import { signCompact } from "@/native/core/documents/sign-document";
import { LIFE_SECONDS_MAX } from "@/native/core/documents/verify-document";
import type { DocumentClaims } from "@/native/core/shapes/claims";
import type { SigningContext } from "../context";
import type { SigningKey } from "../signer";
import { ownClaims } from "./own-jws";

const TYPES = { platform: "bulkhead-platform", program: "bulkhead-program" } as const;
export type DocumentToIssue = {
  kind: "platform" | "program";
  /** Empty for the platform document. */
  appId: string;
  body: Record<string, unknown>;
  /** The decision behind it; null when it is only signed again, and keeps the decision that it had. */
  changeSetId: string | null;
  /** Signed above this position in its epoch: what is below may have been given out by a store that was lost. */
  floor: Position | null;
  /** Whole seconds. Order is the revision's alone (spec 4.29), so it may lie before the last document's. */
  iat: number;
};

/** The revision of the next document after the newest one. Raises `unavailable` where there is none left. */
export function nextRevision(previous: Position | null, floor: Position | null, epoch: number): number {
  const issued = previous === null || previous.epoch < epoch ? 0 : previous.revision;
  const lowest = Math.max(issued, floor?.epoch === epoch ? floor.revision : 0);
  if (lowest >= Number.MAX_SAFE_INTEGER) {
    throw new AppError("unavailable", "The revisions of this epoch are used up; publish a keyset with a new epoch.");
  }
  return lowest + 1;
}

/** So many programs' documents are signed in one transaction, which others wait for. */
export const PROGRAMS_AT_ONCE = 50;

/**
 * Signs one document with the revision of the keyset's epoch that follows `previous`, the newest that is stored. Whoever
 * stores it holds the lock of the platform row, and `previous` is still the newest then. Refuses `limit_exceeded` for what
 * devices would call `TOO_LARGE`, `unavailable` where no key can sign.
 */
export async function signDocument(
  ctx: SigningContext,
  { keyset, kid }: SigningKey,
  wanted: DocumentToIssue,
  previous: StoredDocument | null,
): Promise<StoredDocument> {
  const typ = TYPES[wanted.kind];
  const { iat } = wanted;
  const decision = wanted.changeSetId ?? (previous === null ? undefined : ownClaims(previous.jws)?.decision);
  const envelope: DocumentClaims = {
    schema: 1,
    platform: keyset.platform,
    epoch: keyset.epoch,
    revision: nextRevision(previous, wanted.floor, keyset.epoch),
    iat,
    exp: iat + LIFE_SECONDS_MAX[typ],
    ...(decision === undefined ? {} : { decision }),
  };
  const claims = { ...envelope, ...wanted.body };
  const jws = await signCompact({
    typ,
    kid,
    claims,
    sign: (data) => ctx.signer.sign(kid, data),
  });
  const payload = Buffer.from(jws.split(".")[1] ?? "", "base64url");
  if (payload.byteLength > DOCUMENT_BYTES_MAX[typ]) {
    throw new AppError("limit_exceeded", `This would make the ${wanted.kind} document too large for devices.`);
  }
  return {
    id: ctx.ids.next("document"),
    kind: wanted.kind,
    appId: wanted.appId,
    epoch: envelope.epoch,
    revision: envelope.revision,
    sha256: createHash("sha256").update(payload).digest("hex"),
    jws,
    issuedAtSeconds: envelope.iat,
    expiresAtSeconds: envelope.exp,
    changeSetId: wanted.changeSetId,
    createdAt: new Date(ctx.clock.nowMs()),
  };
}

/** Writes the rows of freshly signed documents, in the transaction that holds the lock of the platform row. */
export async function storeDocuments(tx: Transaction, issued: readonly StoredDocument[]): Promise<void> {
  for (let from = 0; from < issued.length; from += PROGRAMS_AT_ONCE) {
    await insertRows(tx.db, documents, issued.slice(from, from + PROGRAMS_AT_ONCE));
  }
}
