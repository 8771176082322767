import { readContinuity } from "@/db/continuity";
import { newestDocuments, newestPositions, type StoredDocument } from "@/db/newest-document";
import type { Database, Transaction } from "@/db/store";
import { isAppError } from "@/lib/platform/errors";
import { isSamePosition, NO_POSITION, type Position } from "@/native/core/documents/position";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { nowSeconds, type SigningContext } from "../context";
import { floorOf } from "../continuity/resume";
import { buildPrograms } from "./build-program";
import { headerOf, isProgramDue, readDueRules } from "./due-documents";
import { signDocument } from "./issue-document";
import { readSourceVersions } from "./read-entries";
import { requireAcceptable } from "./require-acceptable";

/** A program's document that was signed outside any transaction, and what it was signed from. */
export type PreparedProgram = {
  document: StoredDocument;
  /** The versions of the rows that it says something of. */
  source: string | undefined;
  previous: Position;
  floor: Position;
};

/**
 * Signs, outside any transaction and with a turn of the event loop for each, the documents of those of these programs
 * that are due. One that cannot be read, or that devices would refuse, keeps what it has, and the log says so.
 */
export async function prepareDue(
  db: Database,
  ctx: SigningContext,
  keyset: KeysetClaims,
  appIds: readonly string[],
): Promise<PreparedProgram[]> {
  const iat = nowSeconds(ctx.clock);
  const floor = floorOf(await readContinuity(db));
  const rules = await readDueRules(db, keyset, iat);
  // Before what it is about: whatever is written meanwhile is found to be newer.
  const sources = await readSourceVersions(db, appIds);
  const newest = await newestDocuments(db, appIds);
  const prepared: PreparedProgram[] = [];
  let kid: string | undefined;
  for (const [appId, built] of await buildPrograms(db, appIds)) {
    const previous = newest.get(appId);
    const signed = previous && { ...previous, header: headerOf(previous) };
    if (!isProgramDue(appId, signed, rules)) continue;
    if (built.body === null) {
      ctx.logger("error", "member_unreadable", { members: [built.unread.key] });
      continue;
    }
    try {
      const wanted = { kind: "program" as const, appId, body: built.body, changeSetId: null, floor, iat };
      kid ??= await ctx.signer.activeKid(keyset);
      const document = await signDocument(ctx, { keyset, kid }, wanted, previous ?? null);
      await requireAcceptable(keyset, [document]);
      const base = { previous: previous ?? NO_POSITION, floor: floor ?? NO_POSITION };
      prepared.push({ document, source: sources.get(appId), ...base });
    } catch (error) {
      // It would be refused alone, and must not keep the others from being signed.
      if (!isAppError(error) || !["unprocessable", "limit_exceeded"].includes(error.code)) throw error;
      ctx.logger("error", "document_not_signed", { appId, error });
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return prepared;
}

/**
 * Those of them that nothing has overtaken: no newer document, no row that they were made from, no other floor. The caller holds the lock of
 * the platform row, or asks for it before, and stores them.
 */
export async function notOvertaken(tx: Transaction, prepared: readonly PreparedProgram[]): Promise<StoredDocument[]> {
  const appIds = prepared.map(({ document }) => document.appId);
  const [continuity, newest, sources] = await Promise.all([
    readContinuity(tx.db),
    newestPositions(tx.db, appIds),
    readSourceVersions(tx.db, appIds),
  ]);
  const floor = floorOf(continuity) ?? NO_POSITION;
  const kept = prepared.filter(({ document: { appId }, source, previous, ...signed }) => {
    const isNewest = isSamePosition(previous, newest.get(appId) ?? NO_POSITION);
    return isNewest && isSamePosition(signed.floor, floor) && source !== undefined && source === sources.get(appId);
  });
  return kept.map(({ document }) => document);
}
