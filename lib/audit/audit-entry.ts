import { createHash } from "node:crypto";
import type { auditEntries } from "@/db/schema";
import type { Digest } from "@/native/core/audit/verify-chain";

/** An entry as it is hashed and exported: the columns by their names in TypeScript, the instant as ISO text. */
export type AuditEntryLine = Omit<typeof auditEntries.$inferSelect, "at"> & { at: string };

export function auditEntryLine(row: typeof auditEntries.$inferSelect): AuditEntryLine {
  return { ...row, at: row.at.toISOString() };
}

export const nodeDigest: Digest = (data) => createHash("sha256").update(data).digest();
