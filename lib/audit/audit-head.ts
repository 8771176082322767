import { auditHead } from "@/db/schema";
import type { Database } from "@/db/store";
import { type AuditHead, CHAIN_START } from "@/native/core/audit/verify-chain";

/** Where the log ends, for the platform document's `auditHead`: sequence 0 and 64 zeros before the first entry. */
export async function readAuditHead(db: Database): Promise<AuditHead> {
  const [head] = await db.select({ sequence: auditHead.sequence, sha256: auditHead.sha256 }).from(auditHead).limit(1);
  return head ?? { sequence: 0, sha256: CHAIN_START };
}
