import type { PublicSuffixes } from "../../core/decide/public-suffixes";
import type { ConfinementLayer } from "../../core/wire/runtime-identity";
import type { CallMoment, CapabilityProvider, ConsentOutcome, ConsentProvider } from "../api/providers";
import type { ResolveName } from "../egress/resolve-name";
import type { ConsoleLine, HostClock, HostLog, HostTimers, StartProgram } from "../ports";
import type { DurableFiles } from "../state/durable-files";
import type { HttpTransport } from "../sync/http-transport";
import type { DesiredProgram, ProgramStatus } from "./program-supervisor";

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
  /** What all programs together may keep (spec 9.10); 512 MiB unless told otherwise. What is kept already is never taken. */
  storageBudgetBytes?: number;
  restart?: boolean;
  log: HostLog;
  onStatus?(status: HostStatus): void;
  /** Asks the person; without it nobody is asked, and what asks for consent is refused. */
  consent?: ConsentProvider;
  /** How long the person is waited for, in milliseconds; a minute unless told otherwise. */
  consentMsMax?: number;
  /** Hears what came of each question. */
  onConsent?(appId: string, capability: string, outcome: ConsentOutcome): void;
  /** The moment of a program's call; without it, or where it answers nothing: in the background, without a gesture. */
  moment?(appId: string): CallMoment;
  /** Capabilities that whoever embeds the host carries out. */
  capabilities?: readonly CapabilityProvider[];
  /** How long one such call may take, in milliseconds; half a minute unless told otherwise. */
  capabilityMsMax?: number;
  /** Hears each line that a program writes. */
  onConsole?(appId: string, line: ConsoleLine): void;
  clock?: HostClock;
  timers?: HostTimers;
  random?(): number;
  randomId?(): string;
  /** 32 hex digits of chance, for the ids of one start. */
  randomSeed?(): string;
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

export const HOST_REFUSALS = [
  "data_directory_in_use",
  "not_enrolled",
  "url_not_allowed",
  "development_hosts_refused",
  "development_hosts_invalid",
] as const;
export type HostRefusal = (typeof HOST_REFUSALS)[number];

export type StartHostResult = { ok: true; host: RunningHost } | { ok: false; reason: HostRefusal };
