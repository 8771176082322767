import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBundleFiles } from "@/db/bundles/bundle-files";
import { nodeBundleFs } from "@/db/bundles/bundle-fs";
import { type OpenedStore, openStore } from "@/db/open-store";
import { describeRecovery, type Recovery } from "@/db/recovery";
import type { Store } from "@/db/store";
import { takeDataFolder } from "@/db/take-data-folder";
import { openStoreInWorker } from "@/db/worker/open-store-in-worker";
import { auditRecovery } from "@/lib/audit/audit-recovery";
import { createPasswords } from "@/lib/auth/password";
import { type Clock, systemClock } from "@/lib/platform/clock";
import { isAppError } from "@/lib/platform/errors";
import { randomIds } from "@/lib/platform/ids";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { type Machine, readMachine } from "@/lib/platform/machine";
import { readIfPresent } from "@/lib/platform/private-file";
import type { ServiceContext } from "@/lib/services/context";
import { settleSignIns } from "@/lib/services/people/settle-sign-ins";
import { initialisePlatform, type PlatformIdentity } from "@/lib/services/platform/initialise-platform";
import { settleMakers } from "@/lib/services/publishers/settle-makers";
import { clockFault, clockState } from "@/lib/sync/clock/clock-state";
import { measureClock } from "@/lib/sync/clock/measure-clock";
import type { SigningContext } from "@/lib/sync/context";
import { continuityFault, continuityState } from "@/lib/sync/continuity/continuity-state";
import { currentKeyset } from "@/lib/sync/current-keyset";
import { createTrust } from "@/lib/sync/heads/create-trust";
import { createFileSigner } from "@/lib/sync/keys/file-keys";
import { judgeKeys } from "@/lib/sync/keys/judge-keys";
import { type KeyFolder, openKeyFolder } from "@/lib/sync/keys/key-folder";
import { createProtectionSecret, findProtectionSecret, type ProtectionSecret } from "@/lib/sync/keys/protection-secret";
import { KEYSET_COPY } from "@/lib/sync/keyset/inbox-files";
import { takeKeysetInbox } from "@/lib/sync/keyset/keyset-inbox";
import { prepareKeys } from "@/lib/sync/keyset/prepare-keys";
import { resignDocuments } from "@/lib/sync/resign-documents";
import { createAccessKey, findAccessKey } from "@/lib/sync/runtime/access-secret";
import { createWatching } from "@/lib/sync/runtime/watching";
import type { KeysetChain } from "@/lib/sync/trust/keyset-chain";
import { findRoots, keepRoots, rootsOf, rootsText } from "@/lib/sync/trust/root-thumbprints";
import { createServerJudge } from "./bundle-opener";
import { readVersion } from "./project-root";
import { bundleCheck } from "./readiness/bundle-check";
import { createReadiness } from "./readiness/create-readiness";
import { createJobLog, type JobLog } from "./readiness/job-log";
import { signingChecks } from "./readiness/signing-checks";
import { askedPlatform, type ServerOptions } from "./server-options";
import { inStartTurn } from "./start-turn";
import { openThreadStore, type StoreHandle } from "./threads/thread-store";

/** What the console stands on: one store, one context, the keys. */
export type OpenedProcess = {
  context: ServiceContext;
  platform: PlatformIdentity;
  folder: KeyFolder;
  /** Turns of what the process does by itself, for readiness. */
  jobs: JobLog;
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

/** A thread's way to a store that was opened elsewhere, and what was found there. */
export type GivenStore = { handle: StoreHandle; recovery: Recovery };

async function openStoreOf(
  options: ServerOptions,
  logger: Logger,
  { given, isStoreHere }: ProcessPorts,
): Promise<OpenedStore> {
  const { databaseUrl: url, dataDir, bundlesDir, isBackupConfirmed } = options;
  if (given?.handle.kind === "pglite") {
    return { store: await openThreadStore(given.handle, logger), recovery: given.recovery };
  }
  if (url === null && isStoreHere === true) {
    return openStore({ location: { kind: "pglite", dataDir, bundlesDir }, clock: systemClock, logger });
  }
  if (url === null) {
    return openStoreInWorker({ location: { kind: "pglite", dataDir, bundlesDir }, logger, program: readVersion() });
  }
  const connectionsMax = given?.handle.connectionsMax ?? options.env.BULKHEAD_POSTGRES_CONNECTIONS;
  return openStore({
    location: { kind: "postgres", url, connectionsMax, isBackupConfirmed },
    clock: systemClock,
    logger,
  });
}

/**
 * What a process stands on that may be another's: a store that is open already, a time that is walked. Nobody watches an embedded
 * store that is opened in this thread, for a process that answers nobody and has it for itself.
 */
export type ProcessPorts = { given?: GivenStore; isStoreHere?: true; clock?: Clock; machine?: Machine };

/** What only the keys' folder gives, and what a start that makes nothing up does without it. */
async function openKeys(options: ServerOptions, found: ProtectionSecret | null, isNew: boolean, warnings: string[]) {
  const keysDir = join(options.dataDir, "keys");
  // Whether or not another process made it meanwhile: secrets are made where nothing is that they should open.
  const protection = found ?? (await (isNew ? createProtectionSecret : findProtectionSecret)(keysDir, options.env));
  const folder = openKeyFolder({ dir: keysDir, secret: protection?.secret ?? null, clock: systemClock });
  if (isNew) await folder.createSessionSalt();
  let sessionKey = await folder.sessionKey();
  if (sessionKey === null) {
    sessionKey = randomBytes(32);
    warnings.push(
      `${keysDir}/session.salt, or the passphrase, is missing: everybody signs in again, and sessions end with this process. Restore it from a backup, or make a new one by "npm run keys -- session create", and start again.`,
    );
  }
  if ((await findAccessKey(keysDir, options.env)) === null) {
    await createAccessKey(keysDir);
    if (!isNew) {
      warnings.push(
        `${keysDir}/access.key was not there and was made: devices fetch new tokens by themselves. Start the other processes of this store again with the same secret (BULKHEAD_ACCESS_SECRET_FILE).`,
      );
    }
  }
  return { folder, source: protection?.source ?? null, authSecret: sessionKey.toString("base64url") };
}

/** Work that is tried again while the process runs: what refuses it now is told, and does not keep the doors shut. */
async function tryNow(warnings: string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    warnings.push(error.message);
  }
}

/** The root keys that are named outside the database; a damaged file is told, and keeps nobody from suspending. */
async function openRoots(keysDir: string, options: ServerOptions, warnings: string[]) {
  try {
    return { roots: await findRoots(keysDir, options.env), fault: null };
  } catch (error) {
    if (!isAppError(error)) throw error;
    warnings.push(error.message);
    return { roots: null, fault: error.message };
  }
}

/**
 * A platform that was just made, or that a version made which kept none: what its keysets say now is kept. Of one that was
 * there it is told, because its file may be lost and its database another one by now.
 */
async function pinRoots(
  { store, keysets, keysDir, isNew }: { store: Store; keysets: KeysetChain; keysDir: string; isNew: boolean },
  warnings: string[],
  logger: Logger,
): Promise<void> {
  const [first] = (await keysets.observe(store.db)).keysets;
  if (first === undefined) return;
  const kept = await keepRoots(keysDir, await rootsOf(first.claims));
  keysets.pin(kept);
  logger(isNew ? "info" : "warn", "root_thumbprints_kept", { file: kept.from, roots: rootsText(kept) });
  if (isNew) return;
  warnings.push(
    `${kept.from} was not there, so the root keys of the database's first keyset were taken: ${rootsText(kept)}. Whoever wrote to the database may have put others in: hold them against an enrolment file, or the names of the root-*.json files.`,
  );
}

/** Whether a suspension would get out now, and which key files will not sign when they are needed. */
async function warnOfKeys(store: Store, ctx: SigningContext, folder: KeyFolder, warnings: string[]): Promise<boolean> {
  const { trial, faulty } = await judgeKeys(store.db, ctx.signer, folder);
  if (trial.result === "cannot_sign") {
    warnings.push(`A suspension would fail now. ${trial.says} ${trial.remedy}`);
    return false;
  }
  warnings.push(...faulty.map(({ says, remedy }) => `${says} ${remedy}`));
  return true;
}

/**
 * Opens the store, makes or finds the platform and its keys, signs what is due, and puts the context together. Raises
 * `unavailable` with what is wrong where the store is held by another process, cannot be opened, or the keys belong to
 * another platform; then nothing stays open, and the first start has written nothing but keys that the next one takes
 * up. Keys that cannot sign do not keep it from starting: devices still get what is signed, and people see what is wrong.
 */
export async function openProcess(
  options: ServerOptions,
  baseUrl: string,
  ports: ProcessPorts = {},
): Promise<OpenedProcess> {
  const { clock = systemClock, machine = readMachine() } = ports;
  const warnings: string[] = [];
  const logger = stderrLogger;
  const keysDir = join(options.dataDir, "keys");
  warnings.push(...takeDataFolder(options.dataDir));
  // Before the store: where a passphrase is wanting, nothing else is touched.
  const found = await findProtectionSecret(keysDir, options.env);
  const { store, recovery } = await openStoreOf(options, logger, ports);
  try {
    const isNew = (await currentKeyset(store.db)) === null;
    const { folder, source, authSecret } = await openKeys(options, found, isNew, warnings);
    const { roots, fault: rootsFault } = await openRoots(keysDir, options, warnings);
    const signer = createFileSigner(folder);
    const base = { clock, logger, signer };
    const readCopy = () => readIfPresent(join(keysDir, KEYSET_COPY));
    const trust = createTrust({ ...base, dataDir: options.dataDir, roots, readCopy });
    const sync = { ...base, ids: randomIds, machine, ...trust };
    warnings.push(...describeRecovery(recovery));
    await auditRecovery(store, sync, recovery);
    // One transaction: of several processes that start at once one makes platform, keys and keyset, the others wait.
    const { platform, prepared } = await inStartTurn(
      store,
      async (tx) => {
        const identity = await initialisePlatform(tx, sync, askedPlatform(options));
        return { platform: identity, prepared: await prepareKeys(tx, sync, folder, identity) };
      },
      { pause: sleep, onWaiting: (forSeconds) => logger("warn", "start_waits_for_another", { forSeconds }) },
    );
    warnings.push(...prepared.warnings);
    if (roots !== null || rootsFault !== null) await trust.keysets.observe(store.db);
    else await pinRoots({ store, keysets: trust.keysets, keysDir, isNew }, warnings, logger);
    warnings.push(...(await settleMakers(store, sync)));
    const { environment } = platform;
    const isDevelopmentStore = environment === "development";
    warnings.push(...(await settleSignIns(store, sync, { isDevelopmentStore })));
    await measureClock(store, sync);
    if (environment === "production" && source === "generated-file") {
      warnings.push(
        `The key files are protected by ${keysDir}/protection.key beside them; set BULKHEAD_KEYS_PASSPHRASE.`,
      );
    }
    const isLoopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(baseUrl);
    if (environment === "production" && baseUrl.startsWith("http:") && !isLoopback) {
      warnings.push("BULKHEAD_BASE_URL is not https: devices refuse it, and sign-in travels in the clear.");
    }
    // Before anything is signed again, which hides it.
    const time = await clockState(store.db, sync);
    const jump = clockFault(time);
    if (jump !== null) warnings.push(`${jump.says} ${jump.remedy}`);
    if (time.warning !== null) warnings.push(time.warning);
    const behind = continuityFault(await continuityState(store.db));
    if (behind !== null) warnings.push(`${behind.says} ${behind.remedy}`);
    await tryNow(warnings, () => takeKeysetInbox(store, sync, keysDir));
    if (await warnOfKeys(store, sync, folder, warnings)) await tryNow(warnings, () => resignDocuments(store, sync));
    const bundles = createBundleFiles(nodeBundleFs, options.bundlesDir);
    const jobs = createJobLog();
    const checks = [...signingChecks(store, sync, folder, { ...options, rootsFault }), bundleCheck(store, bundles)];
    const context: ServiceContext = {
      store,
      ...sync,
      bundles,
      judgeBundle: createServerJudge(),
      passwords: createPasswords(),
      watching: createWatching(store, clock),
      readiness: createReadiness(checks, { ...sync, jobs: jobs.figures, storeFigures: () => store.figures() }),
      config: {
        baseUrl,
        environment,
        isDevelopmentStore,
        version: readVersion(),
        submissionQuota: options.submissionQuota,
        authSecret,
        oidc: readOidc(options, warnings),
      },
    };
    return {
      context,
      platform,
      folder,
      jobs,
      warnings,
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
