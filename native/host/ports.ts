import type { DecisionCode, DecisionLayer, EventType, HostPurpose } from "../core/codes";
import type { CompiledPolicy } from "../core/decide/compile-policy";
import type { Explained } from "../core/decide/describe-refusal";
import type { Pins } from "../core/shapes/claims";
import type { TelemetryEvent } from "../core/telemetry/batch";
import type { MinuteIncrement } from "../core/telemetry/minute-entry";
import type { ConsoleLine, HostLog } from "./api/host-status";
import type { CallMoment, CapabilityProvider, ConsentOutcome, ConsentProvider } from "./api/providers";

export type { ConsoleLine, HostLog };

/** The seams between the rooms of the host. Time, network and processes come in through these and nowhere else. */

/** Two clocks: the wall clock may jump, the monotonic one never does. Both in milliseconds. */
export type HostClock = { nowMs(): number; monotonicMs(): number };

/** Runs something later; the function that comes back calls it off. */
export type HostTimers = { after(delayMs: number, run: () => void): () => void };

/**
 * What one hop of a request may do, by the policies of this moment. `pins` are those of the rules that allowed it: each
 * of them must hold. `by` is the policy into whose documents the rule points.
 */
export type EgressDecision = {
  decision: "allow" | "deny";
  code: DecisionCode;
  layer: DecisionLayer;
  rule: string | null;
  pins: readonly Pins[];
  by?: CompiledPolicy;
  /** What a refusal says of itself; absent where nobody asked for it. */
  explained?: Explained;
};

export type EgressRequest = {
  appId: string;
  versionCode: number;
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array;
  purpose: HostPurpose;
  /**
   * Answers by the current policy each time it is asked: before every hop (`hop` 0 is the first request, then `url` is
   * absolute and `from` the URL that redirected), and again while the transfer lasts.
   */
  decide(url: string, purpose: HostPurpose, hop: number, from?: string): EgressDecision;
  signal: AbortSignal;
  /** Asked once, when an answer is more than a small one: resolves when there is room for a whole one. */
  roomForBody(): Promise<void>;
};

/** `denied` is the policy's or the network boundary's no; `failed` is the world's: unreachable, timed out, too large. */
export type EgressResult =
  | { outcome: "response"; url: string; status: number; headers: Record<string, string>; body: Uint8Array }
  /** \`hop\` is 0 for the request itself, else the redirect at which it was refused. */
  | { outcome: "denied"; url: string; hop: number; decision: EgressDecision }
  | { outcome: "failed"; reason: EgressFailure };

export type EgressFailure =
  | "unresolved"
  | "unreachable"
  | "connect_timeout"
  | "timeout"
  | "request_too_large"
  | "response_too_large"
  | "bad_response"
  | "aborted";

/**
 * Performs requests on a program's behalf. It counts `bytesIn`, `bytesOut` and `hosts` of what reaches it; what the
 * bridge refuses before asking it, and requests, calls and denials, are the bridge's to count.
 */
export type EgressPort = { request(request: EgressRequest): Promise<EgressResult> };

/** One event; id and time are given by the recorder. `detail` holds short scalars, never paths, bodies or secrets. */
export type HostEvent = {
  type: EventType;
  appId?: string;
  versionCode?: number;
  denialId?: string;
  code?: TelemetryEvent["code"];
  layer?: DecisionLayer;
  rule?: string | null;
  epoch?: number;
  platformRevision?: number;
  programRevision?: number;
  api?: string;
  host?: string;
  port?: number;
  purpose?: HostPurpose;
  detail?: Record<string, string | number | boolean>;
};

export type TelemetryPort = {
  addToMinute(program: { appId: string; versionCode: number }, increment: MinuteIncrement): void;
  recordEvent(event: HostEvent): void;
};

/**
 * The policy that a running program is under, replaced as a whole when documents are verified or applied. Until what is
 * newer is applied, a call is allowed only if both allow it (spec 9.7).
 */
export type AppliedPolicy = {
  policy: CompiledPolicy;
  newer: CompiledPolicy | undefined;
  epoch: number;
  platformRevision: number;
  programRevision: number;
};

/** A bundle whose digest, signature, archive and manifest were verified (spec §5, Bundle). */
export type RunnableBundle = {
  appId: string;
  versionCode: number;
  engine: "web" | "script";
  readFile(path: string): Uint8Array | undefined;
};

/** Why what programs keep may not grow (spec 9.10): `share` is the program's own, all else is no doing of its. */
export type NoRoom = { reason: "share"; limit: number; used: number } | { reason: "budget" | "disk" | "unmeasured" };

/** What all programs keep together, counted against one budget. Bytes are charges: whole blocks, and one an entry. */
export type StorageBudget = {
  /** Takes up the area in these folders (program, user, area), which holds so much; from now on it is counted by its account. */
  open(folders: readonly string[], heldBytes: number): StorageAccount;
  heldBytes(): number;
  /** Counts on no further. */
  close(): void;
};

export type StorageAccount = {
  /**
   * Takes room for one write: what the area is to grow by, and what is written before anything old goes. Whoever got it
   * settles it once, with what the area grew by in the end. Never refused where it does not grow.
   */
  begin(write: {
    growthBytes: number;
    writtenBytes: number;
  }): Promise<{ ok: true; settle(grownBytes: number): void } | ({ ok: false } & NoRoom)>;
  giveBack(bytes: number): void;
  /** Refuses what still waits for the count, so that nobody waits for it to stop. */
  close(): void;
};

/** The host's one thread, of which each program has a turn. */
export type HostTurns = {
  /** A share for one program. `step` does one small piece of its work, and answers false once nothing is left. */
  join(step: () => boolean): HostShare;
};

export type HostShare = {
  /** There is work: `step` is called in turn until it answers false. */
  wake(): void;
  /** Does some of the program's work at once, and counts the time. */
  charge<T>(work: () => T): T;
  /** Whole milliseconds that were spent for the program since this was last asked. */
  takeCpuMs(): number;
  leave(): void;
};

export type StartProgramOptions = {
  bundle: RunnableBundle;
  policy: AppliedPolicy;
  /** The user of the Super App whose partition of the storage is used. */
  user: string;
  /** Folder for programs' storage; each program gets its own below it. */
  storageDir: string;
  /** Of everything below `storageDir`. */
  storageBudget: StorageBudget;
  runtime: { kind: "linux"; version: string };
  clock: HostClock;
  /** Time for stored documents in whole seconds (spec §4), already reckoned. */
  policyNow(): number;
  egress: EgressPort;
  telemetry: TelemetryPort;
  /** Shared by all programs of this host. */
  turns: HostTurns;
  /** Names of confinement layers that may be missing; anything else missing refuses the start. */
  allowDegraded: readonly string[];
  log: HostLog;
  /** Asks the person; absent: nobody is asked. */
  consent?: ConsentProvider;
  /** How long the person is waited for. */
  consentMsMax?: number;
  /** Hears what came of each question. */
  onConsent?(capability: string, outcome: ConsentOutcome): void;
  /** The moment of a call; absent: in the background, without a gesture. */
  moment?(): CallMoment;
  /** Capabilities that whoever embeds the host carries out. */
  capabilities?: readonly CapabilityProvider[];
  /** How long such a call may take. */
  capabilityMsMax?: number;
  /** Hears each line that the program writes, beside the bounded log. */
  console?(line: ConsoleLine): void;
  /** Called once its process is there, long before its engine need say that it stands: from now on it can be stopped. */
  onLaunched?(program: RunningProgram): void;
};

export type StopReason = "suspended" | "policy_expired" | "stopped" | "limit" | "crashed" | "replaced";

/** How a program came to its end. What nobody wished for says what it was: a limit with its value and maximum, a fault, a place. */
export type ProgramEnd = {
  reason: StopReason;
  /** One sentence for people. */
  says?: string;
  detail?: Readonly<Record<string, string | number>>;
};

export type RunningProgram = {
  readonly appId: string;
  readonly versionCode: number;
  readonly pid: number;
  /** Takes effect for the next call; the process goes on. */
  applyPolicy(policy: AppliedPolicy): void;
  /** Resolves once no process of the program is left; within a second. */
  stop(reason: StopReason): Promise<void>;
  /** The last lines that it wrote, within bounds. */
  consoleLines(): readonly ConsoleLine[];
  /** Resolves when the program ended, of itself or by `stop`. */
  readonly ended: Promise<ProgramEnd>;
};

export type StartProgramResult =
  | { ok: true; program: RunningProgram }
  | { ok: false; reason: "degraded" | "unsupported_engine" | "start_failed"; missing?: readonly string[] };

export type StartProgram = (options: StartProgramOptions) => Promise<StartProgramResult>;
