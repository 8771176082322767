import { workerData } from "node:worker_threads";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { stderrLogger } from "@/lib/platform/logger";
import type { SyncContext } from "@/lib/sync/context";
import { createEvidenceWork, type EvidenceWork } from "@/lib/sync/runtime/evidence-door";
import { createDocumentGuard } from "@/lib/sync/trust/document-guard";
import { createKeysetChain } from "@/lib/sync/trust/keyset-chain";
import type { RootTrust } from "@/native/core/documents/verify-keyset";
import { answerHost } from "./answer-host";
import type { ThreadCalls } from "./supervise-thread";
import { openThreadStore, type StoreHandle } from "./thread-store";

/** What the thread that takes telemetry in is started with. */
export type IngestThreadData = { store: StoreHandle; roots: RootTrust | null };
export type IngestCalls = ThreadCalls & EvidenceWork;

/** Unfolds, parses, judges and writes what devices tell, so that the thread that answers them does not. */
async function run({ store: handle, roots }: IngestThreadData): Promise<void> {
  const logger = stderrLogger;
  const store = await openThreadStore(handle, logger);
  const keysets = createKeysetChain({ roots });
  const guard = createDocumentGuard(keysets);
  const ctx: SyncContext = { clock: systemClock, ids: randomIds, logger, keysets, guard };
  await answerHost<IngestCalls>(createEvidenceWork(store, ctx), logger, () => store.close()).up();
}

// Safe: `startIngestThread` alone starts this file.
await run(workerData as IngestThreadData);
