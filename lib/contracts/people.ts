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
 * During set-up, or for a role that neither proposes nor approves, the link is made at once and shown this one time.
 * Otherwise the invitation became a proposed change set, and the link is made when another person approved it.
 */
export const inviteResultSchema = z.object({
  personId: z.string(),
  link: z.string().nullable(),
  expiresAt: instantSchema.nullable(),
  changeSetId: z.string().nullable(),
});
/** `POST people/{id}/link`: a new one-time link for an invited person, or a reset. */
export const linkResultSchema = z.object({ link: z.string(), expiresAt: instantSchema });

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
