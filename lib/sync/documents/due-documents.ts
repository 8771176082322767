import { type Continuity, readContinuity } from "@/db/continuity";
import { newestDocument, newestProgramIssues, type ProgramIssue } from "@/db/newest-document";
import { minRevisions } from "@/db/schema";
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
  /** Programs whose documents have to be signed, whether or not they can be. */
  appIds: string[];
  isPlatformDue: boolean;
};

/** Programs that one statement looks at. */
const PROGRAMS_A_PART = 250;

function isDue(
  document: ProgramIssue | null | undefined,
  keyset: KeysetClaims,
  now: number,
  leastLife: number,
): boolean {
  if (document === null || document === undefined) return true;
  if (document.epoch !== keyset.epoch || document.expiresAtSeconds - now < leastLife) return true;
  // Signed by a clock that was ahead: devices with a right one refuse it until it is signed again.
  if (document.issuedAtSeconds > now + CLOCK_TOLERANCE_SECONDS) return true;
  const kid = ownKid(document.header);
  return !keyset.keys.some((key) => key.kid === kid);
}

/** What says of a program's document whether it is due. */
export type DueRules = {
  keyset: KeysetClaims;
  /** Whole seconds. */
  now: number;
  continuity: Continuity | null;
  /** The least revision that devices accept, by app id. */
  minimums: ReadonlyMap<string, number>;
};

export async function readDueRules(db: Database, keyset: KeysetClaims, now: number): Promise<DueRules> {
  const floors = await db.select().from(minRevisions);
  const minimums = new Map(floors.map(({ appId, revision }) => [appId, revision]));
  return { keyset, now, continuity: await readContinuity(db), minimums };
}

/** Whether a program's newest document has to be signed again; one that is missing has to. */
export function isProgramDue(appId: string, document: ProgramIssue | null | undefined, rules: DueRules): boolean {
  if (document && isBelowFloor(document, rules.continuity)) return true;
  if (document && document.revision < (rules.minimums.get(appId) ?? 0)) return true;
  return isDue(document, rules.keyset, rules.now, RESIGN_BELOW_SECONDS.program);
}

export async function isPlatformDue(db: Database, keyset: KeysetClaims, now: number): Promise<boolean> {
  const platform = await newestDocument(db, "platform", "");
  const signed = platform && { ...platform, header: headerOf(platform) };
  return isDue(signed, keyset, now, RESIGN_BELOW_SECONDS.platform) || (await isSilent(db, platform?.jws ?? ""));
}

/** The first part of a JWS. */
export const headerOf = ({ jws }: { jws: string }): string => jws.split(".", 1)[0] ?? "";

/**
 * What has to be signed again: documents that are missing, near their end, of another epoch, issued ahead of the present
 * time, below their minimum, signed by a key that the keyset no longer names or before a loss, or silent about what a device's document stops. Programs are looked
 * at part by part, in a statement each. Null where nothing is, and while documents wait for a person after a loss (spec 7.8); programs may be empty where only the
 * platform's is due.
 */
export async function readDueDocuments(db: Database, keyset: KeysetClaims, now: number): Promise<DueDocuments | null> {
  if (await isBehind(db)) return null;
  const rules = await readDueRules(db, keyset, now);
  const appIds: string[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const part = await newestProgramIssues(db, { after, most: PROGRAMS_A_PART });
    for (const { appId, newest } of part) if (isProgramDue(appId, newest, rules)) appIds.push(appId);
    after = part.at(PROGRAMS_A_PART - 1)?.appId;
  }
  appIds.sort();
  const due = { appIds, isPlatformDue: await isPlatformDue(db, keyset, now) };
  return appIds.length > 0 || due.isPlatformDue ? due : null;
}

/** A device's document was handed back after ours was signed above it, and stops what ours lets run. */
async function isSilent(db: Database, jws: string): Promise<boolean> {
  const held = await unknownNarrowings(db);
  // Safe: signed by this server.
  return held.length > 0 && missingFrom(ownPayload(jws) as PlatformClaims, held).length > 0;
}
