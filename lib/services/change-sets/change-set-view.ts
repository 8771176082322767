import { inArray } from "drizzle-orm";
import { people, programs, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ChangeSetView, ChangeView } from "@/lib/contracts/change-sets";
import {
  CHANGE_SET_VERBS,
  type ChangeSetFacts,
  type ChangeSetVerb,
  judgeVerb,
  UNDO_WINDOW_MS,
} from "@/lib/domain/change-set-lifecycle";
import { describeChange } from "@/lib/domain/describe-change";
import type { Names } from "@/lib/domain/kinds/kind";
import type { ChangeSetState } from "@/lib/domain/lifecycles";
import { appIdOf } from "@/lib/domain/members";
import type { Actor } from "@/lib/domain/roles";
import { readChangeNames } from "./change-names";
import { factsOf } from "./change-set-facts";
import { type ChangeRow, type LoadedSet, memberOf, publishedPosition } from "./change-set-rows";
import { REFUSAL_TEXT } from "./require-verb";

type Titled = { people: ReadonlyMap<string, string>; programs: ReadonlyMap<string, string>; inChanges: Names };

/** Change sets as pages show them, with what this actor may do with each now. */
export async function toChangeSetViews(
  db: Database,
  sets: readonly LoadedSet[],
  actor: Actor,
  nowMs: number,
): Promise<ChangeSetView[]> {
  const [facts, names] = await Promise.all([factsOf(db, sets, nowMs), readNames(db, sets)]);
  return sets.flatMap((set, index) => {
    const own = facts[index];
    return own === undefined ? [] : [toView(set, own, names, actor, nowMs)];
  });
}

function toView(set: LoadedSet, facts: ChangeSetFacts, names: Titled, actor: Actor, nowMs: number): ChangeSetView {
  const { row } = set;
  const person = (id: string | null) => (id === null ? null : { id, name: names.people.get(id) ?? id });
  const canUndo = facts.isNarrowing && facts.isReversible && facts.approvedBy === null && !facts.isUndone;
  const verbs =
    actor.kind === "person" ? CHANGE_SET_VERBS.filter((verb) => judgeVerb(verb, facts, actor, nowMs).ok) : [];
  return {
    id: row.id,
    number: row.number,
    state: row.state,
    owner: { id: row.ownerId, name: names.people.get(row.ownerId) ?? row.ownerId },
    reason: row.reason,
    changes: set.changes.map((change) => toChangeView(change, names, set.row.state)),
    isNarrowing: row.isNarrowing,
    isListing: facts.isListing,
    decidedBy: person(row.decidedBy),
    decidedAt: row.decidedAt?.toISOString() ?? null,
    decisionReason: row.decisionReason,
    proposedAt: row.proposedAt?.toISOString() ?? null,
    publishedBy: person(row.publishedBy),
    publishedAt: row.publishedAt?.toISOString() ?? null,
    platformPosition: publishedPosition(row),
    undoOf: row.undoOf,
    undoneBy: row.undoneBy,
    undoUntil:
      canUndo && row.publishedAt !== null ? new Date(row.publishedAt.getTime() + UNDO_WINDOW_MS).toISOString() : null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    allowedVerbs: verbs,
    blockedBy: whatIsMissing(facts, verbs, actor, nowMs),
  };
}

function toChangeView(change: ChangeRow, names: Titled, state: ChangeSetState): ChangeView {
  const member = memberOf(change);
  const appId = appIdOf(member);
  return {
    id: change.id,
    member: change.member,
    kind: member.kind,
    appId,
    programName: appId === null ? null : (names.programs.get(appId) ?? appId),
    before: change.before,
    after: change.after,
    title: describeChange(
      { member, before: change.before, after: change.after },
      names.inChanges,
      state === "published" ? "done" : "asked",
    ),
    direction: change.direction,
    denialId: change.denialId,
  };
}

/** The verb that would move a set on from its state; where the actor may not, the page says why. */
const NEXT_VERB: Partial<Record<ChangeSetState, ChangeSetVerb>> = {
  draft: "propose",
  proposed: "approve",
  approved: "publish",
};

function whatIsMissing(
  facts: ChangeSetFacts,
  verbs: readonly ChangeSetVerb[],
  actor: Actor,
  nowMs: number,
): string | null {
  const next = NEXT_VERB[facts.state];
  if (next === undefined || verbs.includes(next) || actor.kind !== "person") return null;
  const answer = judgeVerb(next, facts, actor, nowMs);
  return answer.ok ? null : REFUSAL_TEXT[answer.refusal];
}

/** Owners are people, or the publishers of submitted versions. */
async function readNames(db: Database, sets: readonly LoadedSet[]): Promise<Titled> {
  const ids = unique(sets.flatMap(({ row }) => [row.ownerId, row.decidedBy, row.publishedBy]));
  const appIds = unique(sets.flatMap((set) => set.changes.map((change) => appIdOf(memberOf(change)))));
  const [persons, owners, apps, inChanges] = await Promise.all([
    ids.length === 0 ? [] : db.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, ids)),
    ids.length === 0
      ? []
      : db.select({ id: publishers.id, name: publishers.name }).from(publishers).where(inArray(publishers.id, ids)),
    appIds.length === 0
      ? []
      : db.select({ id: programs.appId, name: programs.name }).from(programs).where(inArray(programs.appId, appIds)),
    readChangeNames(
      db,
      sets.flatMap((set) => set.changes.map((change) => ({ ...change, member: memberOf(change) }))),
    ),
  ]);
  return {
    people: new Map([...persons, ...owners].map(({ id, name }) => [id, name])),
    programs: new Map(apps.map(({ id, name }) => [id, name])),
    inChanges,
  };
}

function unique(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
