import { createStoredClaims } from "../../core/device/stored-claims";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import { nodeCrypto } from "../../node/crypto";
import type { HostStatus } from "../api/host-status";
import { type RunningDevice, runDevice } from "../device/run-device";
import { acceptDevelopmentHosts } from "../egress/development-hosts";
import type { HostTimers } from "../ports";
import { type DurableFiles, nodeDurableFiles } from "../state/durable-files";
import { createHttpTransport } from "../sync/http-transport";
import { isPlatformUrlAllowed } from "../sync/platform-url";
import { createPolicyClient } from "../sync/policy-client";
import { type DataDirectory, openDataDirectory } from "./data-directory";
import { guardListener } from "./guard-listener";
import type { HostOptions, RunningHost, StartHostResult } from "./host-options";
import type { ProgramSupervisor } from "./program-supervisor";
import { createPrograms } from "./run-programs";
import { RUNTIME_VERSION } from "./runtime-version";
import { systemClock, randomId as systemRandomId, randomSeed as systemRandomSeed, systemTimers } from "./system-ports";

/** How long a start waits for the platform before it goes on with what is stored. */
const FIRST_SYNC_MS = 3000;
/** How often programs are looked at, whatever was heard. */
const BEAT_MS = 1000;

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
  const { enrolment, durable } = data.disk;
  const deviceId = enrolment?.deviceId;
  if (!enrolment || !deviceId) return { ok: false, reason: "not_enrolled" };
  const { url, platform } = enrolment;
  const trusted = createStoredClaims().keyset(durable.trust?.keyset?.jws);
  if (!isPlatformUrlAllowed(url, trusted?.environment)) return { ok: false, reason: "url_not_allowed" };

  const runtime: RuntimeIdentity = { kind: "linux", version: RUNTIME_VERSION, layers: [...options.layers] };
  const client = createPolicyClient({
    transport: options.transport ?? createHttpTransport(),
    ...{ url, platform, key: data.key, deviceId, clock },
    randomId: options.randomId ?? systemRandomId,
  });
  let onChange = () => {};
  const device = runDevice({
    disk: data.disk,
    enrolment,
    runtime,
    programs: options.programs.map(({ appId }) => appId),
    client,
    ports: { crypto: nodeCrypto, publicSuffixes: options.publicSuffixes },
    onChange: () => onChange(),
    ...{ clock, timers, random, log },
    seed: (options.randomSeed ?? systemRandomSeed)(),
  });
  await withinMs(device.settled(), FIRST_SYNC_MS, timers);
  const environment = device.view.keyset?.environment;
  const developmentHosts = acceptDevelopmentHosts(options.developmentHosts ?? [], environment ?? "production");
  if (!developmentHosts.ok || !isPlatformUrlAllowed(url, environment)) {
    await device.stop();
    client.close();
    return { ok: false, reason: developmentHosts.ok ? "url_not_allowed" : developmentHosts.reason };
  }

  const onStatus = guardListener(options.onStatus, "status_not_heard", log);
  const tellStatus = () => onStatus?.(status());
  const { find: findDevelopmentHost } = developmentHosts;
  const { supervisor, egress, bundles } = createPrograms(options, {
    ...{ device, client, data, files, findDevelopmentHost, clock, timers, random },
    onChange: tellStatus,
  });
  const status = () => statusOf(options.layers, deviceId, platform, device, supervisor);
  const followed = new Map<string, Promise<unknown>>(options.programs.map(({ appId }) => [appId, Promise.resolve()]));
  /** A program that nobody named before: its document is waited for, as at a start, by each who asks meanwhile. */
  const follow = async (appId: string): Promise<void> => {
    let first = followed.get(appId);
    if (first === undefined) {
      device.want(appId);
      first = withinMs(device.settled(), FIRST_SYNC_MS, timers);
      followed.set(appId, first);
    }
    await first;
  };
  onChange = () => {
    supervisor.reconcile();
    egress.recheck();
    tellStatus();
  };
  const stopBeat = startBeat(supervisor, timers);
  tellStatus();

  /** How often each program was stopped: a launch that still waited for its document is called off by it. */
  const stops = new Map<string, number>();
  const installing = new Set<Promise<unknown>>();
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    stopBeat();
    await supervisor.stop();
    await device.stop();
    client.close();
    // What writes into the folder ends before it is another's.
    await Promise.allSettled(installing);
    await data.release();
  };
  const install: RunningHost["install"] = async ({ appId, versionCode }, handed) => {
    await follow(appId);
    const versions = device.view.documentsOf(appId)[0]?.versions;
    if (versions === undefined) return { ok: false, reason: "program_unknown" };
    const code = versionCode ?? Math.max(0, ...versions.map((version) => version.code));
    const found = await (handed ? bundles.take(appId, code, handed) : bundles.get(appId, code));
    if (found.ok) return { ok: true, versionCode: code };
    if (found.reason === "version_not_listed" || found.reason === "bundle_unavailable")
      return { ok: false, reason: found.reason };
    if (found.reason === "bundle_not_opened") return { ok: false, reason: "bundle_unavailable", detail: found.reason };
    return { ok: false, reason: "bundle_refused", detail: found.reason };
  };
  const host: RunningHost = {
    status,
    refresh: () => device.refresh(),
    install(program, handed) {
      const work = install(program, handed).finally(() => installing.delete(work));
      installing.add(work);
      return work;
    },
    async launch(program) {
      const before = stops.get(program.appId);
      await follow(program.appId);
      if (stops.get(program.appId) !== before) return { ok: false, reason: "launch_called_off" };
      return supervisor.launch(program);
    },
    stopProgram(appId) {
      stops.set(appId, (stops.get(appId) ?? 0) + 1);
      return supervisor.stopOne(appId);
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
  return { ok: true, host };
}

/** Programs that wait for a time to come are looked at each second. */
function startBeat(supervisor: ProgramSupervisor, timers: HostTimers): () => void {
  let cancel: (() => void) | undefined;
  const beat = () => {
    supervisor.reconcile();
    cancel = timers.after(BEAT_MS, beat);
  };
  beat();
  return () => cancel?.();
}

function statusOf(
  layers: HostStatus["layers"],
  deviceId: string,
  platformId: string,
  { view, policyNow, isConnected, isRevoked }: RunningDevice,
  supervisor: ProgramSupervisor,
): HostStatus {
  const { keyset, platform } = view;
  const status = supervisor.status();
  const programs = status.flatMap(({ appId }) => view.program(appId) ?? []);
  const ends = [platform?.exp ?? 0, ...programs.map((program) => program.exp)];
  return {
    deviceId,
    platform: platformId,
    environment: keyset?.environment ?? null,
    epoch: keyset?.epoch ?? 0,
    keysetRevision: keyset?.revision ?? 0,
    platformRevision: platform?.revision ?? 0,
    isConnected,
    isRevoked,
    isStale: policyNow() >= Math.min(...ends),
    layers,
    programs: status,
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
