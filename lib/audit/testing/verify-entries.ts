import type { Database } from "@/db/store";
import { type ChainFinding, verifyAuditChain } from "@/native/core/audit/verify-chain";
import { nodeDigest } from "../audit-entry";
import { readAuditHead } from "../audit-head";
import { walkAudit } from "../walk-audit";

/** Whether the entries follow from each other up to where the log says that it ends; for stores without keys. */
export async function verifyEntries(db: Database): Promise<ChainFinding> {
  return await verifyAuditChain(walkAudit(db), { digest: nodeDigest, heads: [await readAuditHead(db)] });
}
