import { and, asc, count, eq, inArray, notInArray } from "drizzle-orm";
import { people } from "@/db/schema";
import type { Database } from "@/db/store";
import type { Part } from "@/lib/contracts/change-sets";
import { type ChangeSetFacts, judgeVerb } from "@/lib/domain/change-set-lifecycle";
import { isOpenChangeSet } from "@/lib/domain/lifecycles";
import { hasPermission, ROLES } from "@/lib/domain/roles";
import { factsOf } from "./change-set-facts";
import type { LoadedSet } from "./change-set-rows";

const PARTS_MAX = 50;
/** Whoever decides proposes too, so these are all of both. */
const PROPOSING = ROLES.filter((role) => hasPermission(role, "changes.propose"));
const COLUMNS = {
  ...{ personId: people.id, name: people.name, role: people.role },
  ...{ publisherId: people.publisherId, state: people.state },
};

type Candidate = Pick<typeof people.$inferSelect, "name" | "role" | "publisherId" | "state"> & { personId: string };

/**
 * Whose turn a change set is and whose it was, judged for each person by the rule that the verb itself obeys: those who did
 * something with it, then, until it has ended, everybody active who proposes, by name. It is no turn of whoever is not active.
 */
export async function listParts(
  db: Database,
  set: LoadedSet,
  nowMs: number,
): Promise<{ parts: Part[]; otherParts: number }> {
  const [facts] = await factsOf(db, [set], nowMs);
  if (facts === undefined) return { parts: [], otherParts: 0 };
  const { ownerId, decidedBy, publishedBy } = set.row;
  const acted = [...new Set([ownerId, decidedBy, publishedBy].filter((id) => id !== null))];
  const actors = await db.select(COLUMNS).from(people).where(inArray(people.id, acted));
  const inOrder = acted.flatMap((id) => actors.filter(({ personId }) => personId === id));
  const judged = (candidates: Candidate[]) => candidates.map((person) => partOf(person, set, facts, nowMs));
  if (!isOpenChangeSet(set.row.state)) return { parts: judged(inOrder), otherParts: 0 };
  const others = and(eq(people.state, "active"), inArray(people.role, PROPOSING), notInArray(people.id, acted));
  const rest = await db
    .select(COLUMNS)
    .from(people)
    .where(others)
    .orderBy(asc(people.name), asc(people.id))
    .limit(PARTS_MAX);
  const [counted] = await db.select({ total: count() }).from(people).where(others);
  return { parts: judged([...inOrder, ...rest]), otherParts: (counted?.total ?? 0) - rest.length };
}

function partOf(person: Candidate, { row }: LoadedSet, facts: ChangeSetFacts, nowMs: number): Part {
  const { personId: id, name, role } = person;
  const step = row.state === "proposed" ? "approve" : row.state === "approved" ? "publish" : null;
  const isActive = person.state === "active";
  const answer = step === null || !isActive ? null : judgeVerb(step, facts, person, nowMs);
  return {
    person: { id, name },
    role,
    did: didOf(id, row),
    may: answer?.ok === true ? step : null,
    refusal: answer?.ok === false ? answer.refusal : null,
    publishes: isActive && judgeVerb("publish", { ...facts, state: "approved" }, person, nowMs).ok,
  };
}

function didOf(id: string, { ownerId, decidedBy, publishedBy, state }: LoadedSet["row"]): Part["did"] {
  if (id === decidedBy) return state === "refused" ? "refused" : "approved";
  if (id === ownerId) return "began";
  return id === publishedBy ? "published" : null;
}
