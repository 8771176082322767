import { eq } from "drizzle-orm";
import { newestDocument } from "@/db/newest-document";
import { auditEntries } from "@/db/schema";
import type { Database } from "@/db/store";
import { type AuditHead, type ChainProblem, verifyAuditChain } from "@/native/core/audit/verify-chain";
import { nodeDigest } from "./audit-entry";
import { readAuditHead } from "./audit-head";
import { walkAudit } from "./export-audit";

export type AuditFinding = {
  isWhole: boolean;
  /** Entries that follow from each other, from the first one on. */
  entries: number;
  head: AuditHead | null;
  firstBadSequence: number | null;
  problem: ChainProblem | null;
  /** The end that the newest platform document told every device, and whether the log still contains it. */
  witnessed: (AuditHead & { isContained: boolean }) | null;
};

/**
 * Checks the whole log from its rows: digests, order, that it ends where its head says and that it contains the end
 * which the newest signed platform document carries to devices. Names the first entry that is wrong.
 */
export async function verifyAudit(db: Database): Promise<AuditFinding> {
  const witness = await readWitness(db);
  const before = await readAuditHead(db);
  const found = await verifyAuditChain(walkAudit(db), {
    digest: nodeDigest,
    heads: witness === null ? [before] : [before, witness],
  });
  // Entries may be appended while it reads; none may lie behind the end.
  const after = await readAuditHead(db);
  const isBehindEnd = found.isWhole && found.entries > after.sequence;
  const firstBad = isBehindEnd ? after.sequence + 1 : found.isWhole ? null : found.firstBadSequence;
  return {
    isWhole: firstBad === null,
    entries: found.entries,
    head: found.head,
    firstBadSequence: firstBad,
    problem: isBehindEnd ? "SEQUENCE" : found.isWhole ? null : found.problem,
    witnessed: witness === null ? null : { ...witness, isContained: await isContained(db, witness) },
  };
}

async function isContained(db: Database, witness: AuditHead): Promise<boolean> {
  if (witness.sequence === 0) return true;
  const [entry] = await db
    .select({ sha256: auditEntries.sha256 })
    .from(auditEntries)
    .where(eq(auditEntries.sequence, witness.sequence));
  return entry?.sha256 === witness.sha256;
}

async function readWitness(db: Database): Promise<AuditHead | null> {
  const newest = await newestDocument(db, "platform", "");
  const payload = newest?.jws.split(".")[1];
  if (payload === undefined) return null;
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  const auditHead = (claims as { auditHead?: Partial<AuditHead> } | null)?.auditHead;
  if (typeof auditHead?.sequence !== "number" || typeof auditHead.sha256 !== "string") return null;
  return { sequence: auditHead.sequence, sha256: auditHead.sha256 };
}
