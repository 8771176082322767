import { desc, eq } from "drizzle-orm";
import { documents, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { CLOCK_TOLERANCE_SECONDS } from "@/native/core/documents/judge-claims";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { newestDocument, ownKid } from "./stored-document";

const HOUR = 3_600;
/** A document with less life than this left is signed again: the platform's lives 24 h, a program's 90 days. */
export const RESIGN_BELOW_SECONDS = { platform: 16 * HOUR, program: 30 * 24 * HOUR } as const;

export type DueDocuments = { appIds: string[] };

type Signed = { epoch: number; issuedAtSeconds: number; expiresAtSeconds: number; jws: string };

function isDue(document: Signed | null | undefined, keyset: KeysetClaims, now: number, leastLife: number): boolean {
  if (document === null || document === undefined) return true;
  if (document.epoch !== keyset.epoch || document.expiresAtSeconds - now < leastLife) return true;
  // Signed by a clock that was ahead: devices with a right one refuse it until it is signed again.
  if (document.issuedAtSeconds > now + CLOCK_TOLERANCE_SECONDS) return true;
  const kid = ownKid(document.jws);
  return !keyset.keys.some((key) => key.kid === kid);
}

/**
 * What has to be signed again: documents that are missing, near their end, of another epoch, issued ahead of the present
 * time, or signed by a key that the keyset no longer names. Null where nothing is; programs may be empty where only the platform's is due.
 */
export async function readDueDocuments(db: Database, keyset: KeysetClaims, now: number): Promise<DueDocuments | null> {
  const registered = await db.select({ appId: programs.appId }).from(programs);
  const newest = await db
    .selectDistinctOn([documents.appId], {
      appId: documents.appId,
      epoch: documents.epoch,
      issuedAtSeconds: documents.issuedAtSeconds,
      expiresAtSeconds: documents.expiresAtSeconds,
      jws: documents.jws,
    })
    .from(documents)
    .where(eq(documents.kind, "program"))
    .orderBy(documents.appId, desc(documents.epoch), desc(documents.revision));
  const byApp = new Map(newest.map((row) => [row.appId, row]));
  const appIds = registered
    .map(({ appId }) => appId)
    .filter((appId) => isDue(byApp.get(appId), keyset, now, RESIGN_BELOW_SECONDS.program));
  const platformDocument = await newestDocument(db, "platform", "");
  const isPlatformDue = isDue(platformDocument, keyset, now, RESIGN_BELOW_SECONDS.platform);
  return appIds.length > 0 || isPlatformDue ? { appIds } : null;
}
