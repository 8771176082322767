import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TelemetryBatch } from "../core/telemetry/batch";
import type { DevelopmentHostOptions, Enrolled, Host, OpenHostOptions } from "./api/host";
import { ENROL_REFUSALS, HOST_REFUSALS, HostError } from "./api/host-error";
import type { HostEvent } from "./api/host-event";
import { installFolder } from "./build/built-files";
import { type Diagnosis, diagnose } from "./confinement/diagnose";
import { readMachineFacts } from "./confinement/machine-facts";
import { probeConfinement } from "./confinement/probe-confinement";
import { developmentHostsFileShape } from "./egress/development-hosts";
import { openDevelopmentHostWith } from "./library/compose-development-host";
import { enrolDevice } from "./library/enrol-device";
import { openHost } from "./library/open-host";
import type { HostLog } from "./ports";

/**
 * What the command line and the process entry do with a host: what whoever embeds it does, with files in the place of
 * objects and results in the place of errors. Nothing here ends the process.
 */

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
}): Promise<({ ok: true } & Enrolled) | CommandFailure> {
  const enrolmentFile = await readJson(options.file);
  if (enrolmentFile === undefined) return { ok: false, reason: "enrolment_file_unreadable" };
  const { dataDir, log } = options;
  return orRefused(async () => ({ ok: true, ...(await enrolDevice({ dataDir, enrolmentFile, log })) }));
}

export type RunOptions = Omit<OpenHostOptions, "developmentHosts" | "log" | "onEvent"> & {
  /** Path of the file of development hosts: `{ "hosts": [{ host, address, port, certificateAuthorityPem }] }`. */
  developmentHosts?: string;
  log: HostLog;
  onEvent(event: HostEvent): void;
};

export type Started = { ok: true; host: Host };

/** Runs the programs of an enrolled device until the host is closed; they are known, so no spare is kept unless asked for. */
export async function runHost(options: RunOptions): Promise<Started | CommandFailure> {
  const { developmentHosts, ...rest } = options;
  let hosts: readonly unknown[] = [];
  if (developmentHosts !== undefined) {
    const parsed = developmentHostsFileShape.safeParse(await readJson(developmentHosts));
    if (!parsed.success) return { ok: false, reason: "development_hosts_invalid" };
    hosts = parsed.data.hosts;
  }
  return orRefused(async () => ({ ok: true, host: await openHost({ spares: 0, ...rest, developmentHosts: hosts }) }));
}

export type RunLocalOptions = Omit<DevelopmentHostOptions, "storageDir" | "log" | "onEvent"> & {
  /** The program's files by their names inside the bundle. */
  files: ReadonlyMap<string, Uint8Array>;
  /** Keeps the program's storage; without it everything is gone when the program is stopped. */
  dataDir?: string;
  log: HostLog;
  onEvent(event: HostEvent): void;
  onBatch(batch: TelemetryBatch): void;
};

/**
 * Runs one program from its files, on a development platform of its own: no server, no account (spec §4). Whether and how
 * it ended, a start that came to nothing too, is told by its status. No spare is kept unless asked for.
 */
export async function runLocal(options: RunLocalOptions): Promise<Started | CommandFailure> {
  const { files, dataDir, onBatch, ...rest } = options;
  const storage = dataDir === undefined ? {} : { storageDir: join(dataDir, "storage") };
  return orRefused(async () => {
    const host = await openDevelopmentHostWith({ spares: 0, ...rest, ...storage }, onBatch);
    try {
      const { appId, versionCode } = await host.installFiles(Object.fromEntries(files));
      host.launch(appId, { versionCode }).catch((error: unknown) => {
        options.log("debug", "program_not_launched", { appId, error });
      });
    } catch (error) {
      await host.close();
      throw error;
    }
    return { ok: true, host };
  });
}

/**
 * Tries this machine's confinement and answers each layer with why it is missing, where it is. `install` is the folder of
 * files that are ready to be installed.
 */
export async function examineMachine(): Promise<{ mode: "bubblewrap" | "bare"; layers: Diagnosis[]; install: string }> {
  const { mode, layers } = await probeConfinement();
  return { mode, layers: diagnose(layers, readMachineFacts()), install: installFolder() };
}

/** What the library raises on purpose, as a result; any other error is raised on. */
async function orRefused<Done>(work: () => Promise<Done>): Promise<Done | CommandFailure> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof HostError ? COMMAND_REFUSALS.find((known) => known === error.code) : undefined;
    if (reason === undefined || !(error instanceof HostError)) throw error;
    return { ok: false, reason, ...(error.detail === null ? {} : { code: error.detail }) };
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
