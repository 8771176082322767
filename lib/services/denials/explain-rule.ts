import { and, type Column, desc, eq, inArray, isNotNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { DocumentIssue } from "@/db/newest-document";
import { changeSets, changes, people } from "@/db/schema";
import type { Database } from "@/db/store";
import type { DenialDetail, DenialRow } from "@/lib/contracts/programs";
import type { ToldRefusal } from "@/lib/domain/denials/replay";
import { formatMember } from "@/lib/domain/member-keys";
import { isCapability } from "@/native/core/decide/catalog";
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
  const value = row.rule === null ? null : (readPointer(document.claims, row.rule) ?? null);
  const madeBy = (await findDecisionOf(db, row, value, document.issue.createdAt)) ?? decisionOf(document);
  return {
    pointer: row.rule ?? "",
    value,
    wasEverListed: row.rule === null ? await wasHostEverListed(db, row.appId, told?.host ?? null) : true,
    at: document.issue.createdAt.toISOString(),
    ...(await readDecision(db, madeBy)),
  };
}

/** The decision that a document is of; one that was only signed again names it in its claims. */
function decisionOf({ issue, claims }: { issue: DocumentIssue; claims: { decision?: unknown } }): string | null {
  return issue.changeSetId ?? (typeof claims.decision === "string" ? claims.decision : null);
}

/** The decision that last set the rule itself, up to the document that held it; null where that is not a host's or a grant's. */
async function findDecisionOf(db: Database, { appId, rule }: DenialRow, value: unknown, until: Date) {
  const [first, name] = rule?.slice(1).split("/") ?? [];
  const host = first === "hosts" && typeof value === "object" && value !== null && "host" in value ? value.host : null;
  const isOfRule =
    typeof host === "string"
      ? and(isHostOf(appId), hasHost(changes.after, host.toLowerCase()))
      : first === "grants" && name !== undefined && isCapability(name)
        ? eq(changes.member, formatMember({ kind: "grant", appId, capability: name }))
        : null;
  if (isOfRule === null) return null;
  const [found] = await db
    .select({ id: changeSets.id })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(and(lte(changeSets.publishedAt, until), isOfRule))
    .orderBy(desc(changeSets.publishedAt))
    .limit(1);
  return found?.id ?? null;
}

const isHostOf = (appId: string): SQL => sql`starts_with(${changes.member}, ${`program:${appId}/host:`})`;

/** The decision behind a revision, with what its proposer and its approver said. */
async function readDecision(db: Database, changeSetId: string | null) {
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
        isHostOf(appId),
        or(...names.flatMap((name) => [hasHost(changes.after, name), hasHost(changes.before, name)])),
      ),
    )
    .limit(1);
  return found !== undefined;
}

const hasHost = (value: Column, name: string): SQL => sql`lower(${value} ->> 'host') = ${name}`;
