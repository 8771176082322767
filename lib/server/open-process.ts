import { join } from "node:path";
import { type OpenedStore, openStore } from "@/db/open-store";
import { describeRecovery } from "@/db/recovery";
import { platform as platformTable } from "@/db/schema";
import type { Store } from "@/db/store";
import { auditRecovery } from "@/lib/audit/audit-recovery";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import type { ServiceContext } from "@/lib/services/context";
import { initialisePlatform, type PlatformIdentity } from "@/lib/services/platform/initialise-platform";
import { createFileSigner } from "@/lib/sync/keys/file-keys";
import { openKeyFolder } from "@/lib/sync/keys/key-folder";
import { readProtectionSecret } from "@/lib/sync/keys/protection-secret";
import { takeKeysetInbox } from "@/lib/sync/keyset/keyset-inbox";
import { prepareKeys } from "@/lib/sync/keyset/prepare-keys";
import { resignDocuments } from "@/lib/sync/resign-documents";
import { createRuntimeApi, type RuntimeApi } from "@/lib/sync/runtime/runtime-api";
import { readVersion } from "./project-root";
import type { ServerOptions } from "./server-options";

/** What both entries of the server stand on: one store, one context, the keys, the runtime's API. */
export type OpenedProcess = {
  context: ServiceContext;
  runtime: RuntimeApi;
  platform: PlatformIdentity;
  keysDir: string;
  warnings: string[];
  close(): Promise<void>;
};

function readOidc(options: ServerOptions, warnings: string[]): ServiceContext["config"]["oidc"] {
  const { BULKHEAD_OIDC_ISSUER: issuer, BULKHEAD_OIDC_CLIENT_ID: clientId, ...rest } = options.env;
  const clientSecret = rest.BULKHEAD_OIDC_CLIENT_SECRET;
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return null;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) {
    warnings.push("OpenID Connect needs BULKHEAD_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET; it is off.");
    return null;
  }
  return { issuer, clientId, clientSecret, name: rest.BULKHEAD_OIDC_NAME ?? "Single sign-on" };
}

async function openStoreOf(options: ServerOptions, logger: Logger): Promise<OpenedStore> {
  return openStore({
    location:
      options.databaseUrl === null
        ? { kind: "pglite", dataDir: options.dataDir }
        : { kind: "postgres", url: options.databaseUrl },
    clock: systemClock,
    logger,
  });
}

/** What was asked for by name; else what the store says; else the defaults of a new platform. */
async function identifyPlatform(store: Store, options: ServerOptions): Promise<PlatformIdentity> {
  const [row] = await store.db.select().from(platformTable);
  return {
    platformId: options.platformId ?? row?.platformId ?? "bulkhead.local",
    name: row?.name ?? options.platformName,
    environment: options.environment ?? row?.environment ?? "production",
  };
}

/**
 * Opens the store, makes or finds the platform and its keys, signs what is due, and puts the context together. Raises
 * `unavailable` with what is wrong where the store is held by another process, cannot be opened, or the keys belong to
 * another platform; then nothing stays open.
 */
export async function openProcess(options: ServerOptions, baseUrl: string): Promise<OpenedProcess> {
  const warnings: string[] = [];
  const logger = stderrLogger;
  const keysDir = join(options.dataDir, "keys");
  const protection = await readProtectionSecret(keysDir, options.env);
  const folder = openKeyFolder({ dir: keysDir, secret: protection.secret, clock: systemClock });
  const authSecret = (await folder.deriveKey("session")).toString("base64url");
  const accessKey = await folder.deriveKey("access");
  const { store, recovery } = await openStoreOf(options, logger);
  try {
    const sync = { clock: systemClock, ids: randomIds, logger, signer: createFileSigner(folder) };
    warnings.push(...describeRecovery(recovery));
    await auditRecovery(store, sync, recovery);
    const platform = await identifyPlatform(store, options);
    await initialisePlatform({ store, ...sync }, platform);
    const { environment } = platform;
    if (environment === "production" && protection.source === "generated-file") {
      warnings.push(
        `The key files are protected by ${keysDir}/protection.key beside them; set BULKHEAD_KEYS_PASSPHRASE.`,
      );
    }
    const isLoopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(baseUrl);
    if (environment === "production" && baseUrl.startsWith("http:") && !isLoopback) {
      warnings.push("BULKHEAD_BASE_URL is not https: devices refuse it, and sign-in travels in the clear.");
    }
    // A first keyset may wait there, made by a ceremony before the first start.
    await takeKeysetInbox(store, sync, keysDir);
    warnings.push(...(await prepareKeys(store, sync, folder, platform)).warnings);
    await takeKeysetInbox(store, sync, keysDir);
    await resignDocuments(store, sync);
    const context: ServiceContext = {
      store,
      ...sync,
      config: {
        baseUrl,
        environment,
        isDevelopmentStore: environment === "development",
        version: readVersion(),
        authSecret,
        oidc: readOidc(options, warnings),
      },
    };
    const runtime = createRuntimeApi({ store, ctx: sync, accessKey, validatesOutput: environment === "development" });
    return {
      context,
      runtime,
      platform,
      keysDir,
      warnings,
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
