import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import { acceptDevelopmentHosts } from "../egress/development-hosts";
import type { HostClock, HostLog, HostTimers } from "../ports";
import { type DurableFiles, nodeDurableFiles } from "../state/durable-files";
import { createHttpTransport } from "../sync/http-transport";
import { isPlatformUrlAllowed } from "../sync/platform-url";
import { type DataDirectory, openDataDirectory } from "./data-directory";
import { type DeviceLink, openDeviceLink } from "./device-link";
import type { HostOptions, HostStatus, RunningHost, StartHostResult } from "./host-options";
import type { ProgramSupervisor } from "./program-supervisor";
import { createPrograms } from "./run-programs";
import { RUNTIME_VERSION } from "./runtime-version";
import { systemClock, randomId as systemRandomId, systemTimers } from "./system-ports";

/** How long a start waits for the platform before it goes on with what is stored. */
const FIRST_SYNC_MS = 3000;
const BEAT_MS = 1000;
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
  const { record } = data.store;
  const deviceId = record?.enrolment.deviceId;
  if (!record || !deviceId) return { ok: false, reason: "not_enrolled" };
  const { url } = record.enrolment;
  if (!isPlatformUrlAllowed(url, record.keyset?.environment)) return { ok: false, reason: "url_not_allowed" };

  const runtime: RuntimeIdentity = { kind: "linux", version: RUNTIME_VERSION, layers: [...options.layers] };
  const listener = { onClosedEarly: () => {}, onApplied: () => {} };
  const link = await openDeviceLink({
    files,
    data,
    record,
    deviceId,
    runtime,
    programs: options.programs.map(({ appId }) => appId),
    publicSuffixes: options.publicSuffixes,
    transport: options.transport ?? createHttpTransport(),
    listener,
    clock,
    timers,
    random,
    randomId: options.randomId ?? systemRandomId,
    log,
  });
  await withinMs(link.sync.refresh(), FIRST_SYNC_MS, timers);
  const environment = link.keeper.latest.keyset?.environment;
  const developmentHosts = acceptDevelopmentHosts(options.developmentHosts ?? [], environment ?? "production");
  if (!developmentHosts.ok || !isPlatformUrlAllowed(url, environment)) {
    link.sync.stop();
    link.client.close();
    return { ok: false, reason: developmentHosts.ok ? "url_not_allowed" : developmentHosts.reason };
  }

  const onChange = () => options.onStatus?.(status());
  const { find: findDevelopmentHost } = developmentHosts;
  const { supervisor, egress } = createPrograms(options, {
    link,
    data,
    files,
    findDevelopmentHost,
    clock,
    timers,
    random,
    onChange,
  });
  const status = () => statusOf(options, deviceId, record.enrolment.platform, link, supervisor);

  listener.onClosedEarly = () => {
    supervisor.reconcile();
    egress.recheck();
  };
  listener.onApplied = () => {
    listener.onClosedEarly();
    tellApplied(link);
    onChange();
  };
  const stopBeat = startBeat({ link, supervisor, clock, timers, log });
  link.sync.start();
  link.uploader.start();
  tellApplied(link);
  onChange();

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    link.sync.stop();
    link.uploader.stop();
    stopBeat();
    await supervisor.stop();
    await link.telemetry.flush().catch((error: unknown) => log("warn", "telemetry_not_stored", { error }));
    await link.keeper.storeMark();
    link.client.close();
    await data.release();
  };
  const host: RunningHost = {
    status,
    refresh: () => link.sync.refresh(),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
  return { ok: true, host };
}

/** By the platform document in force from now on; and the platform hears at once what is applied (spec §7). */
function tellApplied({ keeper, telemetry, uploader }: DeviceLink): void {
  const { platform } = keeper.inForce;
  if (platform) {
    telemetry.setSampling(platform.telemetry.sampling);
    uploader.setInterval(platform.telemetry.intervalSeconds);
  }
  uploader.sendSoon();
}

/** Each second: what ended by time alone ends, and what was counted goes to the disk. Each minute: the mark. */
function startBeat(parts: {
  link: DeviceLink;
  supervisor: ProgramSupervisor;
  clock: HostClock;
  timers: HostTimers;
  log: HostLog;
}): () => void {
  const { link, supervisor, clock, timers, log } = parts;
  let nextMarkMs = clock.monotonicMs() + MARK_EVERY_MS;
  let cancel: (() => void) | undefined;
  const beat = () => {
    supervisor.reconcile();
    link.telemetry.flush().catch((error: unknown) => log("warn", "telemetry_not_stored", { error }));
    if (clock.monotonicMs() >= nextMarkMs) {
      nextMarkMs = clock.monotonicMs() + MARK_EVERY_MS;
      link.keeper.storeMark().catch((error: unknown) => log("error", "mark_not_stored", { error }));
    }
    cancel = timers.after(BEAT_MS, beat);
  };
  beat();
  return () => cancel?.();
}

function statusOf(
  options: HostOptions,
  deviceId: string,
  platformId: string,
  { keeper, sync, time }: DeviceLink,
  supervisor: ProgramSupervisor,
): HostStatus {
  const { keyset, platform, programs } = keeper.inForce;
  const ends = [platform?.exp ?? 0, ...[...programs.values()].map((program) => program.exp)];
  return {
    deviceId,
    platform: platformId,
    environment: keyset?.environment ?? null,
    epoch: keyset?.epoch ?? 0,
    keysetRevision: keyset?.revision ?? 0,
    platformRevision: platform?.revision ?? 0,
    isConnected: sync.isConnected,
    isRevoked: sync.isRevoked,
    isStale: time.forStored() >= Math.min(...ends),
    layers: options.layers,
    programs: supervisor.status(),
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
