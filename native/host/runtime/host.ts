import { decideAddress } from "../../core/decide/decide-address";
import type { PublicSuffixes } from "../../core/decide/public-suffixes";
import type { ConfinementLayer, RuntimeIdentity } from "../../core/wire/runtime-identity";
import { acceptDevelopmentHosts } from "../egress/development-hosts";
import { createEgress } from "../egress/perform-request";
import { type ResolveName, systemResolveName } from "../egress/resolve-name";
import type { ConsoleLine, HostClock, HostLog, HostTimers, StartProgram } from "../ports";
import { type DurableFiles, nodeDurableFiles } from "../state/durable-files";
import { createPolicyTime } from "../state/policy-time";
import { createCoreVerifier } from "../sync/core-verifier";
import type { DocumentsInForce } from "../sync/documents-in-force";
import { createHttpTransport, type HttpTransport } from "../sync/http-transport";
import { isPlatformUrlAllowed } from "../sync/platform-url";
import { createPolicyClient } from "../sync/policy-client";
import { openPolicyKeeper } from "../sync/policy-keeper";
import { createPolicySync } from "../sync/policy-sync";
import { openQueueLog } from "../telemetry/queue-log";
import { createTelemetryRecorder } from "../telemetry/telemetry-recorder";
import { createTelemetryUploader } from "../telemetry/telemetry-uploader";
import { createBundleStore } from "./bundle-store";
import { type DataDirectory, openDataDirectory } from "./data-directory";
import { createPolicySource } from "./policy-source";
import { createProgramSupervisor, type DesiredProgram, type ProgramStatus } from "./program-supervisor";
import { RUNTIME_VERSION } from "./runtime-version";
import { systemClock, randomId as systemRandomId, systemTimers } from "./system-ports";

export type HostOptions = {
  dataDir: string;
  programs: readonly DesiredProgram[];
  startProgram: StartProgram;
  /** What the probe of this machine's confinement found. */
  layers: readonly ConfinementLayer[];
  publicSuffixes: PublicSuffixes;
  /** Given by whoever embeds the host (spec §5, Development hosts); refused under a production keyset. */
  developmentHosts?: readonly unknown[];
  /** Confinement layers that may be missing, by name. */
  allowDegraded?: readonly string[];
  /** The user of the Super App; each has storage of its own. */
  user?: string;
  /** Where programs' storage lies; below the data folder unless told otherwise. */
  storageDir?: string;
  restart?: boolean;
  log: HostLog;
  onStatus?(status: HostStatus): void;
  /** What the person answered when asked for a capability; without it nobody was asked. */
  consent?(appId: string, capability: string): "given" | "refused" | undefined;
  /** Hears each line that a program writes. */
  onConsole?(appId: string, line: ConsoleLine): void;
  clock?: HostClock;
  timers?: HostTimers;
  random?(): number;
  randomId?(): string;
  files?: DurableFiles;
  resolve?: ResolveName;
  transport?: HttpTransport;
};

export type HostStatus = {
  deviceId: string;
  platform: string;
  environment: "production" | "development" | null;
  epoch: number;
  keysetRevision: number;
  platformRevision: number;
  isConnected: boolean;
  isRevoked: boolean;
  /** A document that is in force has ended: sensitive capabilities are denied. */
  isStale: boolean;
  layers: readonly ConfinementLayer[];
  programs: readonly ProgramStatus[];
};

export type RunningHost = {
  status(): HostStatus;
  /** One round of sync now; resolves when it is applied or has failed. */
  refresh(): Promise<void>;
  /** Stops every program, writes what is to be kept and lets the folder go. */
  stop(): Promise<void>;
};

export type HostRefusal =
  | "data_directory_in_use"
  | "not_enrolled"
  | "url_not_allowed"
  | "development_hosts_refused"
  | "development_hosts_invalid";

export type StartHostResult = { ok: true; host: RunningHost } | { ok: false; reason: HostRefusal };

/** How long a start waits for the platform before it goes on with what is stored. */
const FIRST_SYNC_MS = 3000;
const TICK_MS = 1000;
const MARK_EVERY_MS = 60_000;

/**
 * Starts the runtime on a device's folder: takes up what is stored, syncs, starts programs, and from then on applies
 * each new document to what runs. Refuses, with nothing left behind, where it must not run.
 */
export async function startHost(options: HostOptions): Promise<StartHostResult> {
  const { files = nodeDurableFiles, log, dataDir } = options;
  const data = await openDataDirectory({ files, directory: dataDir, log });
  if (!data) return { ok: false, reason: "data_directory_in_use" };
  try {
    const started = await compose(options, data, files);
    if (!started.ok) await data.release();
    return started;
  } catch (error) {
    await data.release();
    throw error;
  }
}

async function compose(options: HostOptions, data: DataDirectory, files: DurableFiles): Promise<StartHostResult> {
  const { log, clock = systemClock, timers = systemTimers, random = Math.random } = options;
  const randomId = options.randomId ?? systemRandomId;
  const { record } = data.store;
  const deviceId = record?.enrolment.deviceId;
  if (!record || !deviceId) return { ok: false, reason: "not_enrolled" };
  const { url, platform } = record.enrolment;
  if (!isPlatformUrlAllowed(url, record.keyset?.environment)) return { ok: false, reason: "url_not_allowed" };

  const runtime: RuntimeIdentity = { kind: "linux", version: RUNTIME_VERSION, layers: [...options.layers] };
  const time = createPolicyTime(clock, record.time);
  const queue = await openQueueLog({ files, directory: data.telemetry, log });
  const telemetry = createTelemetryRecorder({ queue, clock, randomId, log });
  const verifier = createCoreVerifier({ publicSuffixes: options.publicSuffixes });
  const keeper = await openPolicyKeeper({ store: data.store, record, verifier, time, telemetry, log });
  const transport = options.transport ?? createHttpTransport();
  const client = createPolicyClient({ transport, url, platform, key: data.key, deviceId, clock, randomId });
  const policies = createPolicySource(() => keeper.inForce);

  const sync = createPolicySync({
    client,
    keeper,
    programs: () => options.programs.map(({ appId }) => appId),
    onClosedEarly: () => react?.(),
    onApplied: () => {
      react?.();
      tellApplied?.();
    },
    onRevoked: () => uploader.stop(),
    timers,
    monotonicMs: () => clock.monotonicMs(),
    random,
    log,
  });
  /** Set once programs can be started; documents that arrive before are applied without anything to tell. */
  let react: (() => void) | undefined;
  let tellApplied: (() => void) | undefined;

  const uploader = createTelemetryUploader({
    recorder: telemetry,
    sendBatch: (batch) => client.sendBatch(batch),
    runtime,
    applied: () => appliedDocuments(keeper.inForce),
    timers,
    random,
    log,
    onRevoked: () => log("error", "device_revoked"),
  });

  await withinMs(sync.refresh(), FIRST_SYNC_MS, timers);
  const environment = keeper.latest.keyset?.environment;
  const developmentHosts = acceptDevelopmentHosts(options.developmentHosts ?? [], environment ?? "production");
  if (!developmentHosts.ok || !isPlatformUrlAllowed(url, environment)) {
    sync.stop();
    client.close();
    return { ok: false, reason: developmentHosts.ok ? "url_not_allowed" : developmentHosts.reason };
  }

  const egress = createEgress({
    resolve: options.resolve ?? systemResolveName,
    isPublicAddress: (address) => decideAddress(address).decision === "allow",
    findDevelopmentHost: developmentHosts.find,
    telemetry,
    policyNow: () => time.forStored(),
  });
  const supervisor = createProgramSupervisor({
    desired: options.programs,
    inForce: () => keeper.inForce,
    policies,
    getBundle: createBundleStore({
      files,
      directory: data.bundles,
      client,
      programOf: (appId) => keeper.inForce.programs.get(appId),
      telemetry,
      log,
    }),
    startProgram: options.startProgram,
    surroundings: {
      user: options.user ?? "default",
      storageDir: options.storageDir ?? data.storage,
      runtime: { kind: "linux", version: RUNTIME_VERSION },
      clock,
      policyNow: () => time.forStored(),
      egress,
      telemetry,
      allowDegraded: options.allowDegraded ?? [],
      log,
    },
    personal(appId) {
      const { consent, onConsole } = options;
      return {
        ...(consent ? { consent: (capability: string) => consent(appId, capability) } : {}),
        ...(onConsole ? { console: (line: ConsoleLine) => onConsole(appId, line) } : {}),
      };
    },
    timers,
    random,
    restart: options.restart ?? true,
    log,
    onChange: () => options.onStatus?.(status()),
  });

  const status = (): HostStatus => {
    const { keyset, platform: document, programs } = keeper.inForce;
    const ends = [document?.exp ?? 0, ...[...programs.values()].map((program) => program.exp)];
    return {
      deviceId,
      platform,
      environment: keyset?.environment ?? null,
      epoch: keyset?.epoch ?? 0,
      keysetRevision: keyset?.revision ?? 0,
      platformRevision: document?.revision ?? 0,
      isConnected: sync.isConnected,
      isRevoked: sync.isRevoked,
      isStale: time.forStored() >= Math.min(...ends),
      layers: options.layers,
      programs: supervisor.status(),
    };
  };

  react = () => {
    supervisor.reconcile();
    egress.recheck();
  };
  tellApplied = () => {
    const { platform: document } = keeper.inForce;
    if (document) {
      telemetry.setSampling(document.telemetry.sampling);
      uploader.setInterval(document.telemetry.intervalSeconds);
    }
    uploader.sendSoon();
    options.onStatus?.(status());
  };

  let cancelTick: (() => void) | undefined;
  let nextMarkMs = clock.monotonicMs() + MARK_EVERY_MS;
  const tick = () => {
    supervisor.reconcile();
    telemetry.flush().catch((error: unknown) => log("warn", "telemetry_not_stored", { error }));
    if (clock.monotonicMs() >= nextMarkMs) {
      nextMarkMs = clock.monotonicMs() + MARK_EVERY_MS;
      keeper.storeMark().catch((error: unknown) => log("error", "mark_not_stored", { error }));
    }
    cancelTick = timers.after(TICK_MS, tick);
  };
  tick();
  sync.start();
  uploader.start();
  tellApplied();

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    sync.stop();
    uploader.stop();
    cancelTick?.();
    await supervisor.stop();
    await telemetry.flush().catch((error: unknown) => log("warn", "telemetry_not_stored", { error }));
    await keeper.storeMark().catch((error: unknown) => log("warn", "mark_not_stored", { error }));
    client.close();
    await data.release();
  };
  return {
    ok: true,
    host: {
      status,
      refresh: () => sync.refresh(),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    },
  };
}

function appliedDocuments({ keyset, platform, programs }: DocumentsInForce) {
  return {
    epoch: keyset?.epoch ?? 0,
    keyset: keyset?.revision ?? 0,
    platform: platform?.revision ?? 0,
    programs: Object.fromEntries([...programs].map(([appId, claims]) => [appId, claims.revision])),
  };
}

/** Resolves when the work is done or the time is over; the work goes on. */
function withinMs(work: Promise<void>, limitMs: number, timers: HostTimers): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.after(limitMs, resolve);
    work.finally(() => {
      cancel();
      resolve();
    });
  });
}
