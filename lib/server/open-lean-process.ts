import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBundleFiles } from "@/db/bundles/bundle-files";
import { nodeBundleFs } from "@/db/bundles/bundle-fs";
import type { Store } from "@/db/store";
import { systemClock } from "@/lib/platform/clock";
import { AppError, invariant } from "@/lib/platform/errors";
import { randomIds } from "@/lib/platform/ids";
import { stderrLogger } from "@/lib/platform/logger";
import type { LeanContext } from "@/lib/services/context";
import { findPlatform } from "@/lib/services/platform/initialise-platform";
import { currentKeyset } from "@/lib/sync/current-keyset";
import { findAccessKey } from "@/lib/sync/runtime/access-secret";
import { createRuntimeApi, type RuntimeApi } from "@/lib/sync/runtime/runtime-api";
import { createDocumentGuard } from "@/lib/sync/trust/document-guard";
import { createKeysetChain } from "@/lib/sync/trust/keyset-chain";
import { findRoots } from "@/lib/sync/trust/root-thumbprints";
import type { RootTrust } from "@/native/core/documents/verify-keyset";
import type { TurnQueue, TurnQueuePorts } from "./admission/turn-queue";
import { createServerJudge } from "./bundle-opener";
import { readVersion } from "./project-root";
import { createSubmissionQueue } from "./publisher-api";
import { askedPlatform, type ServerOptions } from "./server-options";
import { type IngestDoor, startIngestThread } from "./threads/ingest-door";
import type { StoreSource } from "./threads/store-source";
import { openThreadStore } from "./threads/thread-store";

/** What the thread stands on that answers devices and publishers' tools, and signs nothing. */
export type OpenedLeanProcess = {
  context: LeanContext;
  runtime: RuntimeApi;
  ingest: IngestDoor;
  submissions: TurnQueue;
  close(): Promise<void>;
};

const LOOK_EVERY_MS = 500;

/** Who signs makes schema, platform and keyset; this one waits for it, and says once for which. */
export type OnWaiting = (what: "schema" | "platform") => void;

async function untilInitialised(store: Store, onWaiting: OnWaiting): Promise<void> {
  for (let looks = 0; (await currentKeyset(store.db)) === null; looks += 1) {
    if (looks === 0) onWaiting("platform");
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * Opens what hands out what is signed and takes telemetry and submissions: it knows no passphrase, opens no key, never
 * signs and never migrates; what it shares with who signs is the access secret. Starts the thread that takes telemetry in.
 * Waits where schema or platform are not there yet. Raises `unavailable` without that secret, and where the store cannot
 * be opened.
 */
export async function openLeanProcess(
  options: ServerOptions,
  baseUrl: string,
  ports: {
    source: StoreSource;
    onWaiting: OnWaiting;
    queuePorts?: TurnQueuePorts;
    /** How the root keys are read where not as `start:sync` does. */
    readRoots?: (keysDir: string) => Promise<RootTrust | null>;
  },
): Promise<OpenedLeanProcess> {
  const { source, onWaiting, queuePorts = {}, readRoots = (dir) => findRoots(dir, options.env) } = ports;
  const logger = stderrLogger;
  const store = await openThreadStore(source.connect("main").handle, logger, () => onWaiting("schema"));
  try {
    await untilInitialised(store, onWaiting);
    const platform = await findPlatform(store.db, askedPlatform(options));
    invariant(platform !== null, "a keyset was there, so a platform is");
    const keysDir = join(options.dataDir, "keys");
    const accessKey = await findAccessKey(keysDir, options.env);
    if (accessKey === null) {
      throw new AppError(
        "unavailable",
        "This process has no access secret, which seals devices' tokens and is the same for all processes of this store.\nStart it with BULKHEAD_ACCESS_SECRET_FILE set to a copy of keys/access.key of the process that signs, or give all of them one BULKHEAD_ACCESS_SECRET.",
      );
    }
    const roots = await readRoots(keysDir);
    const keysets = createKeysetChain({ roots });
    const sync = { clock: systemClock, ids: randomIds, logger, keysets, guard: createDocumentGuard(keysets) };
    const { environment } = platform;
    const bundles = createBundleFiles(nodeBundleFs, options.bundlesDir);
    const context: LeanContext = {
      store,
      ...sync,
      bundles,
      judgeBundle: createServerJudge(),
      config: { baseUrl, environment, version: readVersion(), submissionQuota: options.submissionQuota },
    };
    const ingest = startIngestThread({ source, roots, logger, queuePorts });
    const runtime = createRuntimeApi({
      store: store.in("decide"),
      bundles,
      ctx: sync,
      accessKey,
      validatesOutput: environment === "development",
      evidence: ingest,
    });
    return {
      context,
      runtime,
      ingest,
      submissions: createSubmissionQueue(queuePorts),
      async close() {
        runtime.close();
        await ingest.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
