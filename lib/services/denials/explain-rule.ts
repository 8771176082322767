import { and, type Column, eq, inArray, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { changeSets, changes, people } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import type { ToldRefusal } from "@/lib/domain/denials/replay";
import { platformClaimsAt, programClaimsAt } from "../programs/newest-claims";
import { readPointer } from "./read-pointer";

/** The rule as it stood in the revision that the device named, and the decision behind that revision. */
export async function explainRule(
  db: Database,
  row: DenialRow,
  told: ToldRefusal | null,
): Promise<DenialDetail["decidedBy"]> {
  const isPlatform = row.layer === "platform";
  const position = isPlatform ? row.platformPosition : row.programPosition;
  if (position === null) return null;
  const document = isPlatform ? await platformClaimsAt(db, position) : await programClaimsAt(db, row.appId, position);
  if (document === null) return null;
  return {
    pointer: row.rule ?? "",
    value: row.rule === null ? null : (readPointer(document.claims, row.rule) ?? null),
    wasEverListed: row.rule === null ? await wasHostEverListed(db, row.appId, told?.host ?? null) : true,
    at: document.issue.createdAt.toISOString(),
    ...(await readDecision(db, document.issue.changeSetId)),
  };
}

/** The decision behind a revision, with what its proposer and its approver said. */
export async function readDecision(db: Database, changeSetId: string | null) {
  const nobody = { changeSetId: null, changeSetNumber: null, author: null, approver: null, reason: null };
  if (changeSetId === null) return nobody;
  const [set] = await db.select().from(changeSets).where(eq(changeSets.id, changeSetId)).limit(1);
  if (set === undefined) return nobody;
  const names = await db
    .select({ id: people.id, name: people.name })
    .from(people)
    .where(inArray(people.id, [set.ownerId, set.decidedBy ?? set.ownerId]));
  const nameOf = (id: string | null) => names.find((person) => person.id === id)?.name ?? null;
  return {
    changeSetId,
    changeSetNumber: set.number,
    author: nameOf(set.ownerId),
    approver: nameOf(set.decidedBy),
    reason: set.reason === "" ? null : set.reason,
  };
}

/** Whether any decision that was published ever listed the host that was refused; null where it is not about a host. */
async function wasHostEverListed(db: Database, appId: string, host: string | null): Promise<boolean | null> {
  if (host === null) return null;
  const names = [host, `*.${host.slice(host.indexOf(".") + 1)}`];
  const [found] = await db
    .select({ one: sql`1` })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(
      and(
        isNotNull(changeSets.publishedAt),
        sql`starts_with(${changes.member}, ${`program:${appId}/host:`})`,
        or(...names.flatMap((name) => [hasHost(changes.after, name), hasHost(changes.before, name)])),
      ),
    )
    .limit(1);
  return found !== undefined;
}

const hasHost = (value: Column, name: string): SQL => sql`lower(${value} ->> 'host') = ${name}`;
