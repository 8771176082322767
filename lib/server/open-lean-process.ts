import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "@/db/open-store";
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
import { createServerOpener } from "./bundle-opener";
import { readVersion } from "./project-root";
import { askedPlatform, type ServerOptions } from "./server-options";

/** What a process that signs nothing stands on. */
export type OpenedLeanProcess = {
  context: LeanContext;
  runtime: RuntimeApi;
  close(): Promise<void>;
};

const LOOK_EVERY_MS = 500;

/** A process that signs makes schema, platform and keyset; this one waits for it, and says once for which. */
type OnWaiting = (what: "schema" | "platform") => void;

async function untilInitialised(store: Store, onWaiting: OnWaiting): Promise<void> {
  for (let looks = 0; (await currentKeyset(store.db)) === null; looks += 1) {
    if (looks === 0) onWaiting("platform");
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * Opens a process that hands out what is signed and takes telemetry and submissions, beside others on one Postgres. It
 * knows no passphrase, opens no key, never signs and never migrates; what it shares with the others is the access
 * secret. Waits where schema or platform are not there yet. Raises `unavailable` without that secret, and where the store cannot be opened.
 */
export async function openLeanProcess(
  options: ServerOptions & { databaseUrl: string },
  baseUrl: string,
  onWaiting: OnWaiting,
): Promise<OpenedLeanProcess> {
  const logger = stderrLogger;
  const { store } = await openStore({
    location: {
      kind: "postgres",
      url: options.databaseUrl,
      connectionsMax: options.env.BULKHEAD_POSTGRES_CONNECTIONS,
      onSchemaBehind: () => onWaiting("schema"),
    },
    clock: systemClock,
    logger,
  });
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
    const keysets = createKeysetChain({ roots: await findRoots(keysDir, options.env) });
    const sync = { clock: systemClock, ids: randomIds, logger, keysets, guard: createDocumentGuard(keysets) };
    const { environment } = platform;
    const context: LeanContext = {
      store,
      ...sync,
      openBundle: createServerOpener(),
      config: { baseUrl, environment, version: readVersion() },
    };
    const runtime = createRuntimeApi({ store, ctx: sync, accessKey, validatesOutput: environment === "development" });
    return {
      context,
      runtime,
      async close() {
        runtime.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
