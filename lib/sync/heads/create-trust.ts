import { join } from "node:path";
import { nodeJournalFs } from "@/db/journal/journal-fs";
import { journaledRows } from "@/db/journal/journaled-rows";
import { createHeadFiles } from "@/lib/audit/head-files";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import type { PolicySigner } from "../signer";
import { createDocumentGuard, type DocumentGuard } from "../trust/document-guard";
import { createKeysetChain, type KeysetChain, type KeysetChainOptions } from "../trust/keyset-chain";
import { type AuditHeads, createAuditHeads } from "./audit-heads";

/** What a process that signs believes of its store, and keeps outside it: in the data folder. */
export function createTrust(
  parts: { dataDir: string; clock: Clock; logger: Logger; signer: PolicySigner } & KeysetChainOptions,
): { keysets: KeysetChain; guard: DocumentGuard; heads: AuditHeads } {
  const { dataDir, clock, logger, signer, ...options } = parts;
  const keysets = createKeysetChain(options);
  const heads = createAuditHeads({
    ...{ clock, logger, signer, chain: keysets, files: createHeadFiles(dataDir, clock) },
    readJournal: () => journaledRows(nodeJournalFs, join(dataDir, "journal"), "audit_heads"),
  });
  return { keysets, heads, guard: createDocumentGuard(keysets) };
}
