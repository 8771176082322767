import type { PublicSuffixes } from "../../core/decide/public-suffixes";
import type { ConfinementLayer } from "../../core/wire/runtime-identity";
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
  /** What the person answered when asked for a capability; without it nobody was asked. */
  consent?(appId: string, capability: string): "given" | "refused" | undefined;
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
