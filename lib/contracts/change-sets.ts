import { z } from "zod";
import { CHANGE_SET_VERBS, VERB_REFUSALS } from "@/lib/domain/change-set-lifecycle";
import { CHANGE_DIRECTIONS, CHANGE_SET_STATES } from "@/lib/domain/lifecycles";
import { ROLES } from "@/lib/domain/roles";
import {
  cursorSchema,
  denialIdSchema,
  instantSchema,
  optionalReasonSchema,
  personRefSchema,
  positionSchema,
  reasonSchema,
  spreadSchema,
} from "./shared";

/** A member's key, as `formatMember` of `lib/domain/member-keys` writes it. */
const memberKeySchema = z.string().min(3).max(512);

/** One wished change: the member's whole value after it; null removes the member. `denialId`: the denial from which it is proposed. */
export const changeInputSchema = z.object({
  member: memberKeySchema,
  after: z.unknown(),
  denialId: denialIdSchema.exactOptional(),
});
export type ChangeInput = z.infer<typeof changeInputSchema>;
export const changesInputSchema = z.object({ changes: z.array(changeInputSchema).min(1).max(200) });

export const changeViewSchema = z.object({
  id: z.string(),
  member: memberKeySchema,
  kind: z.string(),
  appId: z.string().nullable(),
  programName: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  /** "Lower requestsPerMinute 600 → 300"; of a published set "Lowered …". */
  title: z.string(),
  direction: z.enum(CHANGE_DIRECTIONS),
  /** The denial from which it was proposed. */
  denialId: z.string().nullable(),
});
export type ChangeView = z.infer<typeof changeViewSchema>;

export const changeSetViewSchema = z.object({
  id: z.string(),
  number: z.number(),
  state: z.enum(CHANGE_SET_STATES),
  owner: personRefSchema,
  reason: z.string(),
  changes: z.array(changeViewSchema),
  /** The whole set as one: proven to narrow, or not. */
  isNarrowing: z.boolean(),
  /** It lists a submitted version: its publisher proposed it, and one approval publishes it. */
  isListing: z.boolean(),
  decidedBy: personRefSchema.nullable(),
  decidedAt: instantSchema.nullable(),
  decisionReason: z.string().nullable(),
  proposedAt: instantSchema.nullable(),
  publishedBy: personRefSchema.nullable(),
  publishedAt: instantSchema.nullable(),
  platformPosition: positionSchema.nullable(),
  undoOf: z.string().nullable(),
  undoneBy: z.string().nullable(),
  undoUntil: instantSchema.nullable(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
  /** What the actor may do with it now; the page shows these verbs and no others. */
  allowedVerbs: z.array(z.enum(CHANGE_SET_VERBS)),
  /** Why a verb that one might expect is missing: "You proposed it; another person approves." */
  blockedBy: z.string().nullable(),
});
export type ChangeSetView = z.infer<typeof changeSetViewSchema>;

/** Somebody's part in a change set: what they did with it, or what they may do to move it on, or why not. */
export const partSchema = z.object({
  person: personRefSchema,
  role: z.enum(ROLES),
  did: z.enum(["began", "approved", "refused", "published"]).nullable(),
  /** The step that it waits for, where they may take it. */
  may: z.enum(["approve", "publish"]).nullable(),
  /** Why they may not; null where they may, and where it waits for nobody. */
  refusal: z.enum(VERB_REFUSALS).nullable(),
  /** They may publish it, or could once another approved it. */
  publishes: z.boolean(),
});
export type Part = z.infer<typeof partSchema>;

export const changeSetDetailSchema = changeSetViewSchema.extend({
  spread: spreadSchema.nullable(),
  /** Whoever proposes or decides, 50 at most: those who acted first, then those who may act. */
  parts: z.array(partSchema),
  /** How many more people propose or decide than stand there. */
  otherParts: z.number(),
  /** Devices that would fetch what it publishes; null where it changes no document. */
  devices: z.number().nullable(),
  /** Causes of denials that it mended and that are let through still, those with most through first, 50 at most. */
  mended: z.array(
    z.object({
      appId: z.string(),
      programName: z.string(),
      cause: z.string(),
      code: z.string(),
      target: z.string(),
      purpose: z.string().nullable(),
      versionCode: z.number(),
      through: z.number(),
      isAtLeast: z.boolean(),
    }),
  ),
  /** How many there are in all. */
  mendedTotal: z.number(),
});
export type ChangeSetDetail = z.infer<typeof changeSetDetailSchema>;

export const changeSetListQuerySchema = z.object({
  state: z.enum(["open", "ended", "all"]).default("open"),
  cursor: cursorSchema,
});
export const changeSetListSchema = z.object({ items: z.array(changeSetViewSchema), nextCursor: z.string().nullable() });
export type ChangeSetList = z.infer<typeof changeSetListSchema>;

/** `GET change-sets/draft`: mine, or null. */
export const draftSchema = z.object({ draft: changeSetViewSchema.nullable() });

/** `POST change-sets/preview`: what would these changes be, without writing anything. */
export const previewSchema = z.object({ isNarrowing: z.boolean(), changes: z.array(changeViewSchema) });
export type Preview = z.infer<typeof previewSchema>;

/** `POST change-sets/narrow`: publish at once what narrows; `…/propose`: ask at once for approval. */
export const decisionInputSchema = changesInputSchema.extend({ reason: reasonSchema });
/** `POST change-sets/{id}/propose`, `…/refuse`, `…/narrow` (of the draft). */
export const withReasonSchema = z.object({ reason: reasonSchema });
/** `POST change-sets/{id}/approve`. */
export const approveInputSchema = z.object({ reason: optionalReasonSchema });
/** `POST change-sets/{id}/split`: the draft keeps what widens; the other part holds what narrows and is published. */
export const splitResultSchema = z.object({ draft: changeSetViewSchema, narrowing: changeSetViewSchema });
