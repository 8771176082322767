import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import publicSuffixData from "../catalog/public-suffixes.json" with { type: "json" };
import { packBundle } from "../core/bundle/pack-bundle";
import { readPublicSuffixes } from "../core/decide/public-suffixes";
import type { TelemetryBatch } from "../core/telemetry/batch";
import { installFolder } from "./build/built-files";
import { type Diagnosis, diagnose } from "./confinement/diagnose";
import { readMachineFacts } from "./confinement/machine-facts";
import { probeConfinement } from "./confinement/probe-confinement";
import { sayConfinement } from "./confinement/say-confinement";
import { developmentHostsFileShape } from "./egress/development-hosts";
import type { ConsoleLine, HostLog } from "./ports";
import { startProgram } from "./program/program-runner";
import { openDataDirectory } from "./runtime/data-directory";
import { ENROL_REFUSALS, type EnrolResult, enrollDevice } from "./runtime/enroll-device";
import { startHost } from "./runtime/host";
import { HOST_REFUSALS, type HostOptions, type HostStatus, type RunningHost } from "./runtime/host-options";
import { createLocalPlatform } from "./runtime/local-platform";
import type { DesiredProgram } from "./runtime/program-supervisor";
import { RUNTIME_VERSION } from "./runtime/runtime-version";
import { randomId, systemClock } from "./runtime/system-ports";
import { nodeDurableFiles } from "./state/durable-files";
import { createHttpTransport, type HttpTransport } from "./sync/http-transport";

/** What the command line and the process entry do with a host. Each refusal is a code; nothing here ends the process. */

export const COMMAND_REFUSALS = [
  ...ENROL_REFUSALS,
  ...HOST_REFUSALS,
  "enrolment_file_unreadable",
  "bundle_malformed",
] as const;
export type CommandFailure = { ok: false; reason: (typeof COMMAND_REFUSALS)[number]; code?: string };

/** Enrols the device of a data folder with an enrolment file (spec §4). */
export async function enrollHost(options: {
  /** Path of the enrolment file. */
  file: string;
  dataDir: string;
  log: HostLog;
}): Promise<EnrolResult | CommandFailure> {
  const file = await readJson(options.file);
  if (file === undefined) return { ok: false, reason: "enrolment_file_unreadable" };
  return enrol(file, options.dataDir, createHttpTransport(), options.log);
}

export type RunOptions = {
  dataDir: string;
  programs: readonly DesiredProgram[];
  /** Path of the file of development hosts: `{ "hosts": [{ host, address, port, certificateAuthorityPem }] }`. */
  developmentHosts?: string;
  allowDegraded?: readonly string[];
  user?: string;
  storageBudgetBytes?: number;
  log: HostLog;
  onStatus?(status: HostStatus): void;
  /** Hears each line that a program writes. */
  onConsole?(appId: string, line: ConsoleLine): void;
};

/** Runs the programs of an enrolled device until the host is stopped. */
export async function runHost(options: RunOptions): Promise<{ ok: true; host: RunningHost } | CommandFailure> {
  const { developmentHosts, ...rest } = options;
  let hosts: readonly unknown[] = [];
  if (developmentHosts !== undefined) {
    const parsed = developmentHostsFileShape.safeParse(await readJson(developmentHosts));
    if (!parsed.success) return { ok: false, reason: "development_hosts_invalid" };
    hosts = parsed.data.hosts;
  }
  return start({ ...rest, developmentHosts: hosts });
}

export type RunLocalOptions = {
  /** The program's files by their names inside the bundle. */
  files: ReadonlyMap<string, Uint8Array>;
  /** Keeps the program's storage; without it everything is gone when the program is stopped. */
  dataDir?: string;
  storageBudgetBytes?: number;
  developmentHosts?: readonly unknown[];
  allowDegraded?: readonly string[];
  log: HostLog;
  onStatus?(status: HostStatus): void;
  onConsole?(appId: string, line: ConsoleLine): void;
  onBatch(batch: TelemetryBatch): void;
};

/** Runs one program from its files, on a development platform of its own: no server, no account (spec §4). */
export async function runLocal(options: RunLocalOptions): Promise<{ ok: true; host: RunningHost } | CommandFailure> {
  const packed = packBundle(options.files);
  if (!packed.ok) return { ok: false, reason: "bundle_malformed", code: packed.reason.kind };
  const { manifest } = packed.bundle;
  const { log, onBatch } = options;
  const platform = await createLocalPlatform({ manifest, bundle: packed.bytes, clock: systemClock, randomId, onBatch });
  const scratch = await mkdtemp(join(tmpdir(), "bulkhead-run-"));
  const dropScratch = () => rm(scratch, { recursive: true, force: true });
  try {
    const enrolled = await enrol(platform.enrolmentFile, scratch, platform.transport, log);
    if (!enrolled.ok) {
      await dropScratch();
      return enrolled;
    }
    const { appId, versionCode } = platform;
    const started = await start({
      dataDir: scratch,
      programs: [{ appId, versionCode }],
      restart: false,
      transport: platform.transport,
      log,
      ...(options.dataDir === undefined ? {} : { storageDir: join(options.dataDir, "storage") }),
      ...(options.storageBudgetBytes === undefined ? {} : { storageBudgetBytes: options.storageBudgetBytes }),
      ...(options.developmentHosts === undefined ? {} : { developmentHosts: options.developmentHosts }),
      ...(options.allowDegraded === undefined ? {} : { allowDegraded: options.allowDegraded }),
      ...(options.onStatus === undefined ? {} : { onStatus: options.onStatus }),
      ...(options.onConsole === undefined ? {} : { onConsole: options.onConsole }),
    });
    if (!started.ok) {
      await dropScratch();
      return started;
    }
    const { host } = started;
    return { ok: true, host: { ...host, stop: () => host.stop().finally(dropScratch) } };
  } catch (error) {
    await dropScratch();
    throw error;
  }
}

/**
 * Tries this machine's confinement and answers each layer with why it is missing, where it is. `install` is the folder of
 * files that are ready to be installed.
 */
export async function examineMachine(): Promise<{ mode: "bubblewrap" | "bare"; layers: Diagnosis[]; install: string }> {
  const { mode, layers } = await probeConfinement();
  return { mode, layers: diagnose(layers, readMachineFacts()), install: installFolder() };
}

const publicSuffixes = readPublicSuffixes(publicSuffixData);

async function enrol(
  file: unknown,
  dataDir: string,
  transport: HttpTransport,
  log: HostLog,
): Promise<EnrolResult | CommandFailure> {
  const data = await openDataDirectory({ files: nodeDurableFiles, directory: dataDir, log });
  if (!data) return { ok: false, reason: "data_directory_in_use" };
  try {
    const { layers } = await probeConfinement();
    return await enrollDevice({
      file,
      data,
      transport,
      runtime: { kind: "linux", version: RUNTIME_VERSION, layers: [...layers] },
      clock: systemClock,
      randomId,
      log,
    });
  } finally {
    await data.release();
  }
}

async function start(
  options: Omit<HostOptions, "startProgram" | "layers" | "publicSuffixes">,
): Promise<{ ok: true; host: RunningHost } | CommandFailure> {
  const { layers } = await probeConfinement();
  sayConfinement(layers, options.allowDegraded ?? [], options.log);
  return startHost({ ...options, startProgram, layers, publicSuffixes });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
