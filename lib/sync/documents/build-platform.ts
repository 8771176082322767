import { asc } from "drizzle-orm";
import type { Unread } from "@/db/published-members";
import { auditHead, minRevisions } from "@/db/schema";
import type { Database } from "@/db/store";
import { policyState } from "@/lib/domain/policy-state";
import { projectPlatform } from "@/lib/domain/project-program";
import type { DocumentClaims, PlatformClaims } from "@/native/core/shapes/claims";
import { unknownNarrowings, withHeld } from "../continuity/held-narrowings";
import { readPlatformEntries } from "./read-entries";

export type PlatformBody = Omit<PlatformClaims, keyof DocumentClaims>;

const NO_AUDIT = { sequence: 0, sha256: "0".repeat(64) };

/**
 * What the platform document says, from the published rows, what only devices' documents stop (spec 7.9), and the head of
 * the audit log (spec §4). `unread` are members in whose place stands what is in force.
 */
export async function buildPlatform(db: Database): Promise<{ body: PlatformBody; unread: Unread[] }> {
  const { entries, unread } = await readPlatformEntries(db);
  const own = projectPlatform(policyState(entries));
  const content = withHeld(own, await unknownNarrowings(db));
  const floors = await db.select().from(minRevisions).orderBy(asc(minRevisions.appId));
  const [head] = await db.select({ sequence: auditHead.sequence, sha256: auditHead.sha256 }).from(auditHead);
  const body = {
    ...content,
    minRevisions: Object.fromEntries(floors.map((floor) => [floor.appId, floor.revision])),
    auditHead: head ?? NO_AUDIT,
  };
  return { body, unread };
}
