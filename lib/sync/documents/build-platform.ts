import { asc } from "drizzle-orm";
import type { Unread } from "@/db/published-members";
import { minRevisions } from "@/db/schema";
import type { Database } from "@/db/store";
import { policyState } from "@/lib/domain/policy-state";
import { projectPlatform } from "@/lib/domain/project-program";
import type { AuditHead } from "@/native/core/audit/verify-chain";
import type { DocumentClaims, PlatformClaims } from "@/native/core/shapes/claims";
import { unknownNarrowings, withHeld } from "../continuity/held-narrowings";
import { readPlatformEntries } from "./read-entries";

export type PlatformBody = Omit<PlatformClaims, keyof DocumentClaims>;

/**
 * What the platform document says, from the published rows, what only devices' documents stop (spec 7.9), and the head of
 * the audit log (spec §4). `unread` are members in whose place stands what is in force.
 */
export async function buildPlatform(
  db: Database,
  auditHead: AuditHead,
): Promise<{ body: PlatformBody; unread: Unread[] }> {
  const [{ entries, unread }, held, floors] = await Promise.all([
    readPlatformEntries(db),
    unknownNarrowings(db),
    db.select().from(minRevisions).orderBy(asc(minRevisions.appId)),
  ]);
  const content = withHeld(projectPlatform(policyState(entries)), held);
  const body = {
    ...content,
    minRevisions: Object.fromEntries(floors.map((floor) => [floor.appId, floor.revision])),
    auditHead,
  };
  return { body, unread };
}
