import { z } from "zod";
import { MEMBER_KINDS } from "@/lib/domain/kinds";
import { PERSON_STATES, SIGN_IN_GIVERS } from "@/lib/domain/lifecycles";
import { PERMISSIONS, ROLES } from "@/lib/domain/roles";
import { cursorSchema, instantSchema, nameSchema, personRefSchema, searchSchema } from "./shared";

/** A sign-in that is being given: who gets which half, and whether it was shown. */
export const handoverViewSchema = z.object({
  changeSetId: z.string().nullable(),
  link: z.object({ to: personRefSchema, isShown: z.boolean() }),
  code: z.object({ to: personRefSchema, isShown: z.boolean() }),
  /** The half that the reader may be shown now. */
  mine: z.enum(["link", "code"]).nullable(),
  expiresAt: instantSchema,
});
export type HandoverView = z.infer<typeof handoverViewSchema>;

export const personViewSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  publisherId: z.string().nullable(),
  state: z.enum(PERSON_STATES),
  isSignInLocked: z.boolean(),
  /** Of people whose sign-in is given in two halves, because they may propose or approve; null for all others. */
  signIn: z
    .object({
      /** Through whose hands the password came, or comes; null: no password of this console. */
      givenBy: z.enum(SIGN_IN_GIVERS).nullable(),
      /** Null where none is being given: an invited person then needs a new one. */
      handover: handoverViewSchema.nullable(),
    })
    .nullable(),
  /** Why no whole link can be made for them now; null where it can. Halves stand with the handover. */
  linkBlockedBy: z.string().nullable(),
  createdAt: instantSchema,
  lastSeenAt: instantSchema.nullable(),
  isMe: z.boolean(),
});
export type PersonView = z.infer<typeof personViewSchema>;
export const peopleListQuerySchema = z.object({
  q: searchSchema,
  /** Those alone whose sign-in this change set gives. */
  changeSetId: z.string().max(64).optional(),
  cursor: cursorSchema,
});
export type PeopleListQuery = z.infer<typeof peopleListQuerySchema>;
export const peopleListSchema = z.object({
  items: z.array(personViewSchema),
  nextCursor: z.string().nullable(),
  /** All that match. */
  total: z.number(),
  setUp: z.object({ isComplete: z.boolean(), approvers: z.number(), approversNeeded: z.number() }),
});
export type PeopleList = z.infer<typeof peopleListSchema>;

export const inviteInputSchema = z.object({
  email: z.email().max(254),
  name: nameSchema,
  role: z.enum(ROLES),
  publisherId: z.string().nullable().default(null),
});
/**
 * During set-up, or for a role that neither proposes nor approves, the link is made at once and shown this one time, during
 * set-up with the code that a deciding role needs too. Otherwise the invitation became a proposed change set, and link and
 * code can be shown when another person approved it.
 */
export const inviteResultSchema = z.object({
  personId: z.string(),
  link: z.string().nullable(),
  code: z.string().nullable(),
  expiresAt: instantSchema.nullable(),
  changeSetId: z.string().nullable(),
});
/**
 * `POST people/{id}/link`: a one-time link, to join or for a new password. Of a person who may propose or approve it is half
 * of what that takes; `code` is the other half, where one person has both.
 */
export const linkResultSchema = z.object({ link: z.string(), code: z.string().nullable(), expiresAt: instantSchema });
/** `POST people/{id}/code`: the other half. */
export const codeResultSchema = z.object({ code: z.string(), expiresAt: instantSchema });

export const sessionViewSchema = z.object({
  personId: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  publisherId: z.string().nullable(),
  platformName: z.string(),
  environment: z.enum(["production", "development"]),
  isDevelopmentStore: z.boolean(),
  setUpComplete: z.boolean(),
  /** What is older was made for a demo; null where it was lived. */
  seededUntil: instantSchema.nullable(),
  /** What the doors let me in to; pages offer this and nothing else. What only some objects allow stands with each. */
  may: z.object({
    permissions: z.array(z.enum(PERMISSIONS)),
    /** Kinds of members that I may write into my draft, and whose narrowing I may publish alone. */
    propose: z.array(z.enum(MEMBER_KINDS)),
    narrow: z.array(z.enum(MEMBER_KINDS)),
  }),
  /** What waits for me, for the rail; `isMore`: of change sets 50 were looked at, and there are more. */
  counts: z.object({ changeSets: z.number(), isMore: z.boolean(), submissions: z.number(), signIns: z.number() }),
  /** In a development store alone: whom one may switch to. */
  switchTo: z.array(z.object({ personId: z.string(), name: z.string(), role: z.enum(ROLES) })),
});
export type SessionView = z.infer<typeof sessionViewSchema>;
