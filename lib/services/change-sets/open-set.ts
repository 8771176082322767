import type { Transaction } from "@/db/store";
import type { ChangeSetFacts } from "@/lib/domain/change-set-lifecycle";
import { checkEdits } from "@/lib/domain/check-edits";
import { formatMember } from "@/lib/domain/member-keys";
import { wideningsOf } from "@/lib/domain/narrowing/judge-edits";
import { applyEdits, type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import { isSameValue } from "@/lib/domain/same-value";
import { AppError, type ErrorCode, invariant } from "@/lib/platform/errors";
import type { LeanContext } from "../context";
import { editRules } from "../members/edit-rules";
import { loadState } from "../members/load-state";
import { beginDecision } from "./begin-decision";
import { factsOf } from "./change-set-facts";
import { editsOf, type LoadedSet, loadChangeSet, memberOf } from "./change-set-rows";

/** A change set as a deciding verb sees it: behind the platform's lock, beside what is published now. */
export type OpenSet = LoadedSet & {
  edits: Edit[];
  state: PolicyState;
  facts: ChangeSetFacts;
  isSetUpComplete: boolean;
};

/** Locks the platform first, so that decisions are taken one after the other. Raises `not_found`. */
export async function openSet(tx: Transaction, ctx: LeanContext, id: string): Promise<OpenSet> {
  const [{ isSetUpComplete }, set] = await Promise.all([beginDecision(tx, ctx), loadChangeSet(tx.db, id)]);
  const edits = editsOf(set);
  const [state, [facts]] = await Promise.all([
    loadState(tx.db, set.changes.map(memberOf), edits),
    factsOf(tx.db, [set], ctx.clock.nowMs()),
  ]);
  if (facts === undefined) throw new AppError("not_found", "There is no such change set.");
  const isOpen = set.row.state === "draft" || set.row.state === "proposed" || set.row.state === "approved";
  const isNarrowing = isOpen ? wideningsOf(state, edits, { isSetUpComplete }).length === 0 : set.row.isNarrowing;
  return { ...set, edits, state, isSetUpComplete, facts: { ...facts, isNarrowing } };
}

/** A submitted version's set is decided by the verbs of submissions alone, which ask more. */
export function requireNoListing({ facts }: OpenSet): void {
  invariant(!facts.isListing, "a listing is decided by the verbs of submissions");
}

/** Raises `conflict` naming each member whose published value is no longer the one that the change was made from. */
export function requireFresh(set: OpenSet): void {
  const stale = set.changes.filter((change) => !isSameValue(change.before, memberValue(set.state, memberOf(change))));
  if (stale.length === 0) return;
  throw new AppError("conflict", "Something that it changes was published in the meantime.", {
    details: stale.map(({ member }) => ({
      path: member,
      code: "CHANGED_SINCE",
      message: "Published differently in the meantime; look at it again.",
    })),
  });
}

/**
 * Raises with one detail per problem if what would be published cannot be; `path` is the member's key and place, or
 * `/changes/N/after` and the place where the member is that of a change just `wished`, in the order of the request.
 */
export function requirePublishable(
  state: PolicyState,
  edits: readonly Edit[],
  code: Extract<ErrorCode, "invalid_input" | "conflict">,
  wished: readonly Edit[] = [],
): void {
  const issues = checkEdits(state, applyEdits(state, edits), edits, editRules());
  if (issues.length === 0) return;
  const keys = wished.map(({ member }) => formatMember(member));
  const placeOf = (member: string) => (keys.includes(member) ? `/changes/${keys.indexOf(member)}/after` : member);
  throw new AppError(code, "This cannot be published as it stands.", {
    details: issues.map((issue) => ({
      path: `${placeOf(issue.member)}${issue.path}`,
      code: issue.code,
      message: ISSUE_TEXT[issue.code] ?? "Not allowed here.",
    })),
  });
}

const ISSUE_TEXT: Record<string, string> = {
  HOST_MALFORMED: "A host name, or *. and a host name, in lower case.",
  WILDCARD_TOO_WIDE: "This wildcard would span the names of strangers.",
  OVERLAP: "Another rule of this host already has this port and purpose.",
  NOT_REMOVABLE: "This is changed, never removed.",
  UNKNOWN_PUBLISHER: "There is no such publisher.",
  PUBLISHER_FIXED: "A program stays with the publisher that it was registered for.",
  KEY_TAKEN: "This key belongs to another publisher.",
  KEY_FIXED: "A key's bytes never change.",
  KEY_UNKNOWN: "The version is signed by a key that the publisher does not have.",
  UNKNOWN_CAPABILITY: "The catalogue has no such capability.",
  UNKNOWN_CONSTRAINT: "This capability does not take this constraint.",
  PUBLISHER_NEEDED: "A developer belongs to a publisher.",
  UNKNOWN_PERSON: "There is no such person.",
  NOT_REGISTERED: "There is no such program.",
  DOCUMENT_TOO_LARGE: "Devices would refuse a document of this size.",
  TEXT_NOT_PLAIN: "It has characters that are not shown, or that turn text around.",
  EMAIL_TAKEN: "Another person has this e-mail.",
  LAST_ADMIN: "Nobody could let people in any more.",
  LAST_APPROVER: "Nobody could approve anything any more.",
};
