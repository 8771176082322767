import { readContinuity } from "@/db/continuity";
import { type DocumentIssue, newestDocument, newestProgramIssues } from "@/db/newest-document";
import { readProgramMembers, type Unread } from "@/db/published-members";
import { minRevisions, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { CLOCK_TOLERANCE_SECONDS } from "@/native/core/documents/judge-claims";
import type { KeysetClaims, PlatformClaims } from "@/native/core/shapes/claims";
import { isBehind } from "../continuity/continuity-state";
import { missingFrom, unknownNarrowings } from "../continuity/held-narrowings";
import { isBelowFloor } from "../continuity/resume";
import { ownKid, ownPayload } from "./own-jws";

const HOUR = 3_600;
/** A document with less life than this left is signed again: the platform's lives 24 h, a program's 90 days. */
export const RESIGN_BELOW_SECONDS = { platform: 16 * HOUR, program: 30 * 24 * HOUR } as const;

export type DueDocuments = {
  /** Programs whose documents can be signed. */
  appIds: string[];
  isPlatformDue: boolean;
  /** What keeps other programs' documents from being signed. */
  unread: Unread[];
};

/** Whether anything can be signed. */
export const isSignable = ({ appIds, isPlatformDue }: DueDocuments): boolean => appIds.length > 0 || isPlatformDue;

/** `header` is the first part of the JWS. */
type Signed = Pick<DocumentIssue, "epoch" | "issuedAtSeconds" | "expiresAtSeconds"> & { header: string };

function isDue(document: Signed | null | undefined, keyset: KeysetClaims, now: number, leastLife: number): boolean {
  if (document === null || document === undefined) return true;
  if (document.epoch !== keyset.epoch || document.expiresAtSeconds - now < leastLife) return true;
  // Signed by a clock that was ahead: devices with a right one refuse it until it is signed again.
  if (document.issuedAtSeconds > now + CLOCK_TOLERANCE_SECONDS) return true;
  const kid = ownKid(document.header);
  return !keyset.keys.some((key) => key.kid === kid);
}

/**
 * What has to be signed again: documents that are missing, near their end, of another epoch, issued ahead of the present
 * time, below their minimum, signed by a key that the keyset no longer names or before a loss, or silent about what a device's document stops. Null where
 * nothing is, and while documents wait for a person after a loss (spec 7.8); programs may be empty where only the
 * platform's is due.
 */
export async function readDueDocuments(db: Database, keyset: KeysetClaims, now: number): Promise<DueDocuments | null> {
  if (await isBehind(db)) return null;
  const continuity = await readContinuity(db);
  const registered = await db.select({ appId: programs.appId }).from(programs);
  const newest = await newestProgramIssues(db);
  const byApp = new Map(newest.map((row) => [row.appId, row]));
  const floors = await db.select().from(minRevisions);
  const minimums = new Map(floors.map(({ appId, revision }) => [appId, revision]));
  const due = registered
    .map(({ appId }) => appId)
    .filter((appId) => {
      const document = byApp.get(appId);
      if (document !== undefined && isBelowFloor(document, continuity)) return true;
      if (document !== undefined && document.revision < (minimums.get(appId) ?? 0)) return true;
      return isDue(document, keyset, now, RESIGN_BELOW_SECONDS.program);
    });
  const platform = await newestDocument(db, "platform", "");
  const signed = platform && { ...platform, header: platform.jws.split(".")[0] ?? "" };
  const isPlatformDue =
    isDue(signed, keyset, now, RESIGN_BELOW_SECONDS.platform) || (await isSilent(db, platform?.jws ?? ""));
  const appIds: string[] = [];
  const unread: Unread[] = [];
  for (const appId of due) {
    const [first] = (await readProgramMembers(db, appId)).unread;
    if (first === undefined) appIds.push(appId);
    else unread.push(first);
  }
  return due.length > 0 || isPlatformDue ? { appIds, isPlatformDue, unread } : null;
}

/** A device's document was handed back after ours was signed above it, and stops what ours lets run. */
async function isSilent(db: Database, jws: string): Promise<boolean> {
  const held = await unknownNarrowings(db);
  // Safe: signed by this server.
  return held.length > 0 && missingFrom(ownPayload(jws) as PlatformClaims, held).length > 0;
}
