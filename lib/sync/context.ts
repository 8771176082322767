import type { Clock } from "@/lib/platform/clock";
import type { Ids } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import type { Machine } from "@/lib/platform/machine";
import type { AuditHeads } from "./heads/audit-heads";
import type { PolicySigner } from "./signer";
import type { DocumentGuard } from "./trust/document-guard";
import type { KeysetChain } from "./trust/keyset-chain";

/** What handing out documents and taking telemetry needs of the process around it: nothing that could sign. */
export type SyncContext = {
  clock: Clock;
  ids: Ids;
  logger: Logger;
  /** The keysets of the store, walked from root keys that are named outside it. */
  keysets: KeysetChain;
  /** Holds what is handed out to its signature. */
  guard: DocumentGuard;
};

/** The context of a process that signs; whatever makes a document or a keyset asks for this one. */
export type SigningContext = SyncContext & { signer: PolicySigner; machine: Machine; heads: AuditHeads };

/** Whole seconds since 1970, as documents count. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.nowMs() / 1000);
}
