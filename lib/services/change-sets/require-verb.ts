import {
  type ChangeSetFacts,
  type ChangeSetVerb,
  judgeVerb,
  type VerbRefusal,
} from "@/lib/domain/change-set-lifecycle";
import type { Actor } from "@/lib/domain/roles";
import { AppError, type ErrorCode } from "@/lib/platform/errors";

export type PersonActor = Extract<Actor, { kind: "person" }>;

/** Only people decide. Raises `forbidden` for every other actor. */
export function requirePerson(actor: Actor): PersonActor {
  if (actor.kind !== "person") throw new AppError("forbidden", "Only a signed-in person decides.");
  return actor;
}

/** A sentence for each refusal, for pages and errors alike. */
export const REFUSAL_TEXT: Record<VerbRefusal, string> = {
  ROLE: "Your role does not allow this.",
  STATE: "It is no longer in a state that allows this.",
  NOT_OWNER: "Only the person who began it may do this.",
  OWN_PROPOSAL: "You proposed it; another person approves.",
  OWN_PUBLISHER: "You belong to a publisher that it concerns; someone else approves.",
  OWN_TOKEN: "You made a token of a publisher that it concerns; someone else approves.",
  OWN_KEY: "You proposed a key of a publisher that it concerns; someone else approves.",
  UNKNOWN_MAKER:
    "Nobody knows who made the token that it came by, or who proposed the key that signed it. Refuse it; its publisher submits a higher version by a new token and a key that two people let in.",
  OWN_PERSON: "It changes your own role or sign-in; someone else decides.",
  NOT_NARROWING: "It is not proven to narrow, so it takes a proposer and another who approves.",
  NOT_MIXED: "Nothing in it can be divided: all of it narrows, or none.",
  NOTHING_CHANGES: "It changes nothing.",
  UNDO_OVER: "The 15 minutes to undo are over; propose the change instead.",
  UNDONE: "It was undone already.",
};

const CODES: Record<VerbRefusal, ErrorCode> = {
  ROLE: "forbidden",
  STATE: "conflict",
  NOT_OWNER: "forbidden",
  OWN_PROPOSAL: "forbidden",
  OWN_PUBLISHER: "forbidden",
  OWN_TOKEN: "forbidden",
  OWN_KEY: "forbidden",
  UNKNOWN_MAKER: "conflict",
  OWN_PERSON: "forbidden",
  NOT_NARROWING: "conflict",
  NOT_MIXED: "conflict",
  NOTHING_CHANGES: "conflict",
  UNDO_OVER: "conflict",
  UNDONE: "conflict",
};

export function refusal(code: VerbRefusal): AppError {
  return new AppError(CODES[code], REFUSAL_TEXT[code], {
    details: [{ path: "", code, message: REFUSAL_TEXT[code] }],
  });
}

/** Raises `forbidden` or `conflict`, with the refusal's code in the details. */
export function requireVerb(verb: ChangeSetVerb, facts: ChangeSetFacts, person: PersonActor, nowMs: number): void {
  const answer = judgeVerb(verb, facts, person, nowMs);
  if (!answer.ok) throw refusal(answer.refusal);
}
