import { asc } from "drizzle-orm";
import type { MembersRead } from "@/db/published-members";
import { minRevisions } from "@/db/schema";
import type { Database } from "@/db/store";
import { policyState } from "@/lib/domain/policy-state";
import { projectPlatform } from "@/lib/domain/project-program";
import type { AuditHead } from "@/native/core/audit/verify-chain";
import type { DocumentClaims, PlatformClaims } from "@/native/core/shapes/claims";
import { type HeldNarrowing, withHeld } from "../continuity/held-narrowings";
import { readPlatformEntries } from "./read-entries";

export type PlatformBody = Omit<PlatformClaims, keyof DocumentClaims>;

/** The published rows that a platform document is built from, and below which revisions programs' documents are void. */
export type PlatformRows = MembersRead & { floors: readonly (typeof minRevisions.$inferSelect)[] };

export async function readPlatform(db: Database): Promise<PlatformRows> {
  const [members, floors] = await Promise.all([
    readPlatformEntries(db),
    db.select().from(minRevisions).orderBy(asc(minRevisions.appId)),
  ]);
  return { ...members, floors };
}

/**
 * What the platform document says, from the published rows, what only devices' documents stop (spec 7.9), and the head of
 * the audit log (spec §4). For members that cannot be read stands what is in force.
 */
export function buildPlatform(
  { entries, floors }: PlatformRows,
  held: readonly HeldNarrowing[],
  auditHead: AuditHead,
): PlatformBody {
  return {
    ...withHeld(projectPlatform(policyState(entries)), held),
    minRevisions: Object.fromEntries(floors.map((floor) => [floor.appId, floor.revision])),
    auditHead,
  };
}
