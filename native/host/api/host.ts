import type { HostEvent } from "./host-event";
import type { HostLog, HostStatus, ProgramStatus } from "./host-status";
import type { CallMoment, CapabilityProvider, ConsentProvider } from "./providers";

/** A program by its id; without a version code the highest listed one is meant. */
export type ProgramChoice = { appId: string; versionCode?: number };

/** A program to install: from the platform, or of a bundle that is at hand with its publisher's signature. */
export type InstallRequest = ProgramChoice & { bundle?: { bytes: Uint8Array; signature: Uint8Array } };

export type Installed = { appId: string; versionCode: number };

/** What a host is opened with, whoever its platform is. */
export type HostProviders = {
  /** Asks the person for a capability whose grant says `ask`. Without it nobody is asked, and such calls are refused. */
  consent?: ConsentProvider;
  /** How long the person is waited for, in milliseconds; a minute unless told otherwise. */
  consentMsMax?: number;
  /** Capabilities that the Super App carries out. One that nobody carries out fails with `HOST_ERROR`. */
  capabilities?: readonly CapabilityProvider[];
  /** How long one call of a provider may take, in milliseconds; half a minute unless told otherwise. */
  capabilityMsMax?: number;
  /** Whether a program is what the person sees, and whether he just touched it, at a call; without it neither is so. */
  moment?(appId: string): CallMoment;
  /** Hears every event, the first ones too, which come while the host is being opened. */
  onEvent?(event: HostEvent): void;
  /** Layers of confinement that may be missing, by name; anything else missing starts no program. */
  allowDegraded?: readonly string[];
  /** Names that lead to this machine; for platforms whose keyset says `development` alone. */
  developmentHosts?: readonly unknown[];
  /** What all programs together may keep, in bytes; 512 MiB unless told otherwise. */
  storageBudgetBytes?: number;
  /**
   * Engines that are started ahead, each in a box of its own, so that a launch takes one and need not wait; one unless told
   * otherwise, at most four, and none with 0. Each is a process that does nothing until then.
   */
  spares?: number;
  /** Structured lines about the host's own work; without it they are gone. */
  log?: HostLog;
};

export type OpenHostOptions = HostProviders & {
  /** The folder of an enrolled device: its keys, documents, bundles and what programs keep. One host at a time. */
  dataDir: string;
  /** Programs that run as long as the host does, and are started again when they end. */
  programs?: readonly ProgramChoice[];
  /** The user of the Super App; each has storage of its own. */
  user?: string;
};

/** A running host. Every promise of it rejects with a `HostError` alone, but for a fault of the host's own. */
export interface Host {
  /** Verifies a version's bundle against the documents in force and keeps it, so that a launch needs no network. */
  install(request: InstallRequest): Promise<Installed>;
  /**
   * Starts a program once, under its policy and confined. Resolves when its engine stands; rejects where it may not or does not
   * start. How it ends is an event; it is not started again by itself.
   */
  launch(appId: string, options?: { versionCode?: number }): Promise<ProgramStatus>;
  /** Stops a program, one that is being started too. Resolves when no process of it is left; at once where none is. */
  stop(appId: string): Promise<void>;
  /** Every program that was launched or is kept running, and how it stands. */
  programs(): readonly ProgramStatus[];
  status(): HostStatus;
  /** Looks at the platform now rather than when it is due; resolves when what came is applied, or none did. */
  refresh(): Promise<void>;
  /** Hears each event as it comes. Answers what ends it. A listener that throws is logged, and goes on hearing. */
  on(listener: (event: HostEvent) => void): () => void;
  /** Events from now on, for one reader, until the host is closed. Bounded: what a slow reader lost is counted and told in its place. */
  events(): AsyncIterableIterator<HostEvent>;
  /** Stops every program, stores what is to be kept and lets the folder go. The same promise each time. */
  close(): Promise<void>;
}

/** Of a host that is its own platform, for programs under development and for tests. */
export interface DevelopmentHost extends Host {
  /**
   * Packs a program's files, by their names inside the bundle, and installs them; again after each change. The platform
   * inside grants what the manifest asks for, and has the person asked for all that is not public where `consent` is given.
   */
  installFiles(files: Readonly<Record<string, string | Uint8Array>>): Promise<Installed>;
}

export type DevelopmentHostOptions = HostProviders & {
  /** Keeps what programs store; without it that is gone with the host. */
  storageDir?: string;
};

export type EnrolOptions = {
  dataDir: string;
  /** What the enrolment file holds, as an object (console, "Fleet"). */
  enrolmentFile: unknown;
  log?: HostLog;
};

export type Enrolled = { deviceId: string; platform: string; environment: "production" | "development" };
