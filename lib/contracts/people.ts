import { z } from "zod";
import { PERSON_STATES } from "@/lib/domain/lifecycles";
import { ROLES } from "@/lib/domain/roles";
import { instantSchema, nameSchema } from "./shared";

export const personViewSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  publisherId: z.string().nullable(),
  state: z.enum(PERSON_STATES),
  isSignInLocked: z.boolean(),
  createdAt: instantSchema,
  lastSeenAt: instantSchema.nullable(),
  isMe: z.boolean(),
});
export type PersonView = z.infer<typeof personViewSchema>;
export const peopleListSchema = z.object({
  items: z.array(personViewSchema),
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
  /** What waits for me, for the rail. */
  counts: z.object({ changeSets: z.number(), submissions: z.number() }),
  /** In a development store alone: whom one may switch to. */
  switchTo: z.array(z.object({ personId: z.string(), name: z.string(), role: z.enum(ROLES) })),
});
export type SessionView = z.infer<typeof sessionViewSchema>;
