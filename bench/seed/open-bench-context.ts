import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNull } from "drizzle-orm";
import { createBundleFiles } from "../../db/bundles/bundle-files";
import { nodeBundleFs } from "../../db/bundles/bundle-fs";
import { openStore } from "../../db/open-store";
import { platform } from "../../db/schema";
import { openStoreInWorker } from "../../db/worker/open-store-in-worker";
import { createPasswords } from "../../lib/auth/password";
import { systemClock } from "../../lib/platform/clock";
import { randomIds } from "../../lib/platform/ids";
import { createLogger } from "../../lib/platform/logger";
import { readMachine } from "../../lib/platform/machine";
import { createReadiness } from "../../lib/server/readiness/create-readiness";
import type { ServiceContext } from "../../lib/services/context";
import { initialisePlatform } from "../../lib/services/platform/initialise-platform";
import type { SigningContext } from "../../lib/sync/context";
import { createTrust } from "../../lib/sync/heads/create-trust";
import { createFileSigner } from "../../lib/sync/keys/file-keys";
import { openKeyFolder } from "../../lib/sync/keys/key-folder";
import { prepareKeys } from "../../lib/sync/keyset/prepare-keys";
import { createWatching } from "../../lib/sync/runtime/watching";
import { rootsOf } from "../../lib/sync/trust/root-thumbprints";
import type { KeysetClaims } from "../../native/core/shapes/claims";
import { createBundleJudge } from "../../native/node/open-bundle-elsewhere";

export const BENCH_PLATFORM = "bench.example";

export type BenchContext = {
  context: ServiceContext & SigningContext;
  keyset: KeysetClaims;
  /** Closes the store, and removes a folder of its own. */
  close(): Promise<void>;
};

/**
 * A platform, set up and otherwise empty where it is new, with keys and files in a folder: in an embedded store there, or in the
 * Postgres database named. Without a folder it gets one of its own, which goes when it is closed. `isInWorker`: in a thread of its
 * own, as the server has it; else where a profile of this thread sees it.
 */
export async function openBenchContext(
  where: { postgresUrl?: string; dataDir?: string; isInWorker?: boolean } = {},
): Promise<BenchContext> {
  const { postgresUrl } = where;
  const dataDir = where.dataDir ?? mkdtempSync(join(tmpdir(), "bulkhead-bench-"));
  const logger = createLogger((line) => process.stderr.write(line));
  const common = { clock: systemClock, logger };
  const embedded = { kind: "pglite", dataDir } as const;
  const open = () => {
    if (postgresUrl !== undefined) return openStore({ ...common, location: { kind: "postgres", url: postgresUrl } });
    return where.isInWorker === true
      ? openStoreInWorker({ ...common, location: embedded })
      : openStore({ ...common, location: embedded });
  };
  const { store } = await open();
  const folder = openKeyFolder({ dir: join(dataDir, "keys"), secret: "a benchmark's passphrase", clock: systemClock });
  const signer = createFileSigner(folder);
  const trust = createTrust({ dataDir, clock: systemClock, logger, signer, roots: null });
  const ctx = { clock: systemClock, ids: randomIds, logger, signer, machine: readMachine(), ...trust };
  const identity = { platformId: BENCH_PLATFORM, name: "Bench", environment: "development" as const };
  const { keyset } = await store.transaction(async (tx) => {
    const prepared = await prepareKeys(tx, ctx, folder, await initialisePlatform(tx, ctx, identity));
    await tx.db
      .update(platform)
      .set({ setUpAt: new Date(systemClock.nowMs()) })
      .where(isNull(platform.setUpAt));
    return prepared;
  });
  trust.keysets.pin(await rootsOf(keyset));
  const context = {
    store,
    ...ctx,
    bundles: createBundleFiles(nodeBundleFs, join(dataDir, "bundles")),
    judgeBundle: createBundleJudge(),
    passwords: createPasswords(),
    watching: createWatching(store, systemClock),
    readiness: createReadiness([], ctx),
    config: {
      ...{ baseUrl: "http://localhost", environment: "production" as const, isDevelopmentStore: false },
      ...{ version: "0.2.0", submissionQuota: 1, authSecret: "", oidc: null },
    },
  };
  return {
    context,
    keyset,
    async close() {
      await store.close();
      if (where.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
