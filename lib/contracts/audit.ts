import { z } from "zod";
import { instantSchema } from "./shared";

export const auditEntryViewSchema = z.object({
  sequence: z.number(),
  id: z.string(),
  at: instantSchema,
  actor: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }),
  action: z.string(),
  subject: z.string(),
  appId: z.string().nullable(),
  changeSetId: z.string().nullable(),
  reason: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string().nullable(),
  previousSha256: z.string(),
  sha256: z.string(),
});
export type AuditEntryView = z.infer<typeof auditEntryViewSchema>;

export const auditQuerySchema = z.object({
  q: z.string().max(200).optional(),
  action: z.string().max(100).optional(),
  appId: z.string().max(128).optional(),
  changeSetId: z.string().max(64).optional(),
  cursor: z.string().optional(),
});
export const auditListSchema = z.object({
  items: z.array(auditEntryViewSchema),
  nextCursor: z.string().nullable(),
  total: z.number(),
});
export type AuditList = z.infer<typeof auditListSchema>;

export const auditVerificationSchema = z.object({
  isWhole: z.boolean(),
  entries: z.number(),
  head: z.object({ sequence: z.number(), sha256: z.string() }).nullable(),
  /** The first entry that does not follow from its predecessor. */
  firstBadSequence: z.number().nullable(),
  problem: z.string().nullable(),
  /** The head that the newest platform document carries to devices, and whether the log still contains it. */
  witnessed: z.object({ sequence: z.number(), sha256: z.string(), isContained: z.boolean() }).nullable(),
  checkedAt: instantSchema,
});
export type AuditVerification = z.infer<typeof auditVerificationSchema>;
