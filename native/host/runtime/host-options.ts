import type { PublicSuffixes } from "../../core/decide/public-suffixes";
import type { ConfinementLayer } from "../../core/wire/runtime-identity";
import type { HostRefusal, ProgramRefusal } from "../api/host-error";
import type { Denial } from "../api/host-event";
import type { HostStatus, ProgramStatus } from "../api/host-status";
import type { CallMoment, CapabilityProvider, ConsentOutcome, ConsentProvider } from "../api/providers";
import type { ResolveName } from "../egress/resolve-name";
import type { ConsoleLine, HostClock, HostLog, HostTimers, StartProgram } from "../ports";
import type { DurableFiles } from "../state/durable-files";
import type { HttpTransport } from "../sync/http-transport";
import type { DesiredProgram } from "./program-supervisor";

export type HostOptions = {
  dataDir: string;
  /** Programs that run as long as the host does; others are launched by name. */
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
  /** Hears of each refused call. */
  onDenied?(denial: Denial): void;
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

/** A bundle that is at hand, as bytes with its publisher's signature, and need not be fetched. */
export type HandedBundle = { bytes: Uint8Array; signature: Uint8Array };

/** A program that was not installed or launched. `detail`: the code of a bundle's refusal, layers that are missing, words of an end. */
export type ProgramRefused = { ok: false; reason: ProgramRefusal; detail?: string };

export type RunningHost = {
  status(): HostStatus;
  /** Verifies and keeps a version's bundle, from the platform unless it is handed in; of the highest listed version without a code. */
  install(program: DesiredProgram, handed?: HandedBundle): Promise<{ ok: true; versionCode: number } | ProgramRefused>;
  /** Starts a program once: resolves when its engine stands, and starts it no second time. */
  launch(program: DesiredProgram): Promise<{ ok: true; status: ProgramStatus } | ProgramRefused>;
  /** Stops one program, whatever it is at; resolves when no process of it is left. */
  stopProgram(appId: string): Promise<void>;
  /** One round of sync now; resolves when it is applied or has failed. */
  refresh(): Promise<void>;
  /** Stops every program, writes what is to be kept and lets the folder go. */
  stop(): Promise<void>;
};

export type StartHostResult = { ok: true; host: RunningHost } | { ok: false; reason: HostRefusal };
