import { z } from "zod";
import { cursorSchema, instantSchema, searchSchema } from "./shared";

export const auditEntryViewSchema = z.object({
  sequence: z.number(),
  id: z.string(),
  at: instantSchema,
  /** `name` is the one of then; `nameNow` today's, where it is another. */
  actor: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string(), nameNow: z.string().nullable() }),
  action: z.string(),
  subject: z.string(),
  /** What the subject was called then; null where nothing that is kept has a name for it. */
  subjectName: z.string().nullable(),
  /** What it is called today, where that is another name. */
  subjectNameNow: z.string().nullable(),
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
  q: searchSchema,
  action: z.string().max(100).optional(),
  appId: z.string().max(128).optional(),
  changeSetId: z.string().max(64).optional(),
  cursor: cursorSchema,
});
export const auditListSchema = z.object({
  items: z.array(auditEntryViewSchema),
  nextCursor: z.string().nullable(),
  /** All that match; where not all were counted, how many at least. */
  total: z.object({ atLeast: z.number(), isExact: z.boolean() }),
});
export type AuditList = z.infer<typeof auditListSchema>;

export const auditVerificationSchema = z.object({
  isWhole: z.boolean(),
  entries: z.number(),
  head: z.object({ sequence: z.number(), sha256: z.string() }).nullable(),
  /** Verified by their signatures, from the root keys on. */
  heads: z.number(),
  documents: z.number(),
  keysets: z.number(),
  /** Signed heads stand from this entry on; what is before it is covered by that head. */
  signedFrom: z.number().nullable(),
  /** The last entry that something signed vouches for. */
  vouchedSequence: z.number(),
  /** The first entry that may be wrong; null where the log is whole, or no entry can be named. */
  firstBadSequence: z.number().nullable(),
  problem: z.string().nullable(),
  /** The first ones, by entry, in words. */
  findings: z.array(z.object({ problem: z.string(), says: z.string(), sequence: z.number().nullable() })),
  findingsTotal: z.number(),
  /** Heads of entries that were lost, by a restore or as somebody admitted, and the entries that say so. */
  lost: z.number(),
  losses: z.array(z.object({ sequence: z.number(), at: instantSchema })),
  tornLines: z.number(),
  checkedAt: instantSchema,
});
export type AuditVerification = z.infer<typeof auditVerificationSchema>;
