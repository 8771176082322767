import { kindOf } from "./kinds";
import type { ChangeSetState } from "./lifecycles";
import type { MemberKind } from "./members";
import { hasPermission, type Role } from "./roles";

/** What may be done with a change set, in the order in which pages offer it (spec §6). */
export const CHANGE_SET_VERBS = [
  "edit",
  "discard",
  "split",
  "propose",
  "withdraw",
  "approve",
  "refuse",
  "publish",
  "narrow",
  "undo",
] as const;
export type ChangeSetVerb = (typeof CHANGE_SET_VERBS)[number];

/** Within this time whoever narrowed may return what was published before. */
export const UNDO_WINDOW_MS = 15 * 60 * 1000;

/** What the rules need to know of a change set. */
export type ChangeSetFacts = {
  state: ChangeSetState;
  /** A person's id, or a publisher's where the set lists a submitted version. */
  ownerId: string;
  /** Of a draft: proven to narrow now. Of a published set: it was published by one person as narrowing. */
  isNarrowing: boolean;
  /** It lists a submitted version: its proposer is the publisher, and one approval publishes it. */
  isListing: boolean;
  /** Some of its changes narrow by themselves and others do not. */
  isMixed: boolean;
  kinds: readonly MemberKind[];
  /** Taking it back would leave nothing behind that can't be removed, such as a registration. */
  isReversible: boolean;
  /** Publishers whose programs, keys or people it touches. */
  publisherIds: readonly string[];
  /** Who made a token of one of these publishers, and who proposed a key of one, as long as token or key counts. */
  tokenMakerIds: readonly string[];
  keyMakerIds: readonly string[];
  /** Of a listing that waits: nobody knows who made the token that it came by, or who proposed the key that signed it. */
  isOfUnknownMaker: boolean;
  /** People whose role, state or sign-in it changes. */
  personIds: readonly string[];
  approvedBy: string | null;
  publishedBy: string | null;
  publishedAtMs: number | null;
  isUndone: boolean;
};

export type Decider = { personId: string; role: Role; publisherId: string | null };

/** Why a verb is refused. The list is closed. */
export const VERB_REFUSALS = [
  "ROLE",
  "STATE",
  "NOT_OWNER",
  "OWN_PROPOSAL",
  "OWN_PUBLISHER",
  "OWN_TOKEN",
  "OWN_KEY",
  "UNKNOWN_MAKER",
  "OWN_PERSON",
  "NOT_NARROWING",
  "NOT_MIXED",
  "NOTHING_CHANGES",
  "UNDO_OVER",
  "UNDONE",
] as const;
export type VerbRefusal = (typeof VERB_REFUSALS)[number];
export type VerbAnswer = { ok: true } | { ok: false; refusal: VerbRefusal };

const YES: VerbAnswer = { ok: true };
const no = (refusal: VerbRefusal): VerbAnswer => ({ ok: false, refusal });

/** Whether a role may write a member of this kind into a draft. */
export function mayPropose(role: Role, kind: MemberKind): boolean {
  return kindOf(kind).proposedBy.some((permission) => hasPermission(role, permission));
}

/** Whether a role may publish a narrowing of a member of this kind by itself. */
export function mayNarrow(role: Role, kind: MemberKind): boolean {
  return kindOf(kind).narrowedBy.some((permission) => hasPermission(role, permission));
}

/** Whether this person may do this with this change set now (spec §6). What the members are is judged elsewhere. */
export function judgeVerb(verb: ChangeSetVerb, set: ChangeSetFacts, person: Decider, nowMs: number): VerbAnswer {
  // Nobody changes their own role, in no step of it.
  if (set.personIds.includes(person.personId) && verb !== "discard" && verb !== "withdraw") return no("OWN_PERSON");
  switch (verb) {
    case "edit":
    case "propose":
      return judgeOwn(set, person, ["draft"], (kind) => mayPropose(person.role, kind));
    case "discard":
      return judgeOwn(set, person, ["draft"], () => true);
    case "split": {
      const answer = judgeOwn(set, person, ["draft"], (kind) => mayPropose(person.role, kind));
      return answer.ok && !set.isMixed ? no("NOT_MIXED") : answer;
    }
    case "withdraw":
      return judgeOwn(set, person, ["proposed", "approved"], () => true);
    case "approve":
      if (set.state !== "proposed") return no("STATE");
      if (set.isListing && !hasPermission(person.role, "changes.publish")) return no("ROLE");
      return set.isOfUnknownMaker ? no("UNKNOWN_MAKER") : judgeApprover(set, person);
    case "refuse":
      return set.state === "proposed" || set.state === "approved" ? judgeOther(set, person) : no("STATE");
    case "publish":
      if (set.state !== "approved") return no("STATE");
      return person.personId === set.ownerId || hasPermission(person.role, "changes.publish") ? YES : no("ROLE");
    case "narrow": {
      const answer = judgeOwn(set, person, ["draft"], (kind) => mayNarrow(person.role, kind));
      return answer.ok && !set.isNarrowing ? no("NOT_NARROWING") : answer;
    }
    case "undo":
      return judgeUndo(set, person, nowMs);
  }
}

/**
 * Whether this person's approval counts: another than the proposer, of a role that approves, of none of the publishers
 * concerned, and maker of none of their tokens and keys. Asked again when the set is published, because people change in
 * between.
 */
export function judgeApprover(set: ChangeSetFacts, person: Decider): VerbAnswer {
  const answer = judgeOther(set, person);
  if (!answer.ok) return answer;
  if (set.tokenMakerIds.includes(person.personId)) return no("OWN_TOKEN");
  if (set.keyMakerIds.includes(person.personId)) return no("OWN_KEY");
  return YES;
}

/** Another who decides. Makers of tokens and keys may refuse: that lets nothing in. */
function judgeOther(set: ChangeSetFacts, person: Decider): VerbAnswer {
  if (!hasPermission(person.role, "changes.approve")) return no("ROLE");
  if (person.personId === set.ownerId) return no("OWN_PROPOSAL");
  if (set.personIds.includes(person.personId)) return no("OWN_PERSON");
  if (person.publisherId !== null && set.publisherIds.includes(person.publisherId)) return no("OWN_PUBLISHER");
  return YES;
}

function judgeOwn(
  set: ChangeSetFacts,
  person: Decider,
  states: readonly ChangeSetState[],
  may: (kind: MemberKind) => boolean,
): VerbAnswer {
  if (person.personId !== set.ownerId) return no("NOT_OWNER");
  if (!states.includes(set.state)) return no("STATE");
  if (set.kinds.length === 0) return no("NOTHING_CHANGES");
  return set.kinds.every(may) ? YES : no("ROLE");
}

function judgeUndo(set: ChangeSetFacts, person: Decider, nowMs: number): VerbAnswer {
  if (set.state !== "published" || set.publishedAtMs === null) return no("STATE");
  if (!set.isNarrowing || set.approvedBy !== null || !set.isReversible) return no("STATE");
  if (set.publishedBy !== person.personId) return no("NOT_OWNER");
  if (set.isUndone) return no("UNDONE");
  if (nowMs - set.publishedAtMs >= UNDO_WINDOW_MS) return no("UNDO_OVER");
  return set.kinds.every((kind) => mayNarrow(person.role, kind)) ? YES : no("ROLE");
}
