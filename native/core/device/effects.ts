import type { DecisionCode, DecisionLayer } from "../codes";
import type { TelemetryBatch } from "../telemetry/batch";

/** What the fixed order of spec 9.5 is; effects of one kind come in the order in which they were made. */
const ORDER = [
  "narrow",
  "apply",
  "store",
  "fetch",
  "abort",
  "listen",
  "hangUp",
  "timer",
  "cancel",
  "send",
  "answer",
  "log",
] as const;

export type Stopped = { appId: string; code: "PROGRAM_SUSPENDED" | "POLICY_EXPIRED" };
/** All that is narrowed beside what the documents in force say themselves; each list sorted by UTF-8 bytes. */
export type Narrowed = { suspended: string[]; blockedHosts: string[]; stopped: Stopped[] };
export type Staleness = "fresh" | "grace" | "over";
/** Positions in force: zero where there is no such document. */
export type Applied = { epoch: number; keyset: number; platform: number; programs: Record<string, number> };

export type FetchWhat =
  | { what: "keyset"; revision?: number }
  | { what: "platform"; etag?: string }
  | { what: "program"; appId: string; etag?: string }
  /** Gives the platform document back as it was received (spec 7.9). */
  | { what: "held"; jws: string };

/** One thing that the shell is to do (spec 9.5). Times are in milliseconds. */
export type Effect =
  | ({ e: "narrow" } & Narrowed)
  | ({ e: "apply"; stale: Staleness } & Applied)
  /** The part as it is after this step, which the shell reads from the state before the next one. */
  | { e: "store"; write: number; part: "trust" | "queue" }
  | ({ e: "fetch"; fetch: number; maxBytes: number; timeoutMs: number } & FetchWhat)
  | { e: "abort"; fetch: number }
  | { e: "listen"; programs: string[] }
  | { e: "hangUp" }
  | { e: "timer"; timer: string; minMs: number; maxMs: number }
  | { e: "cancel"; timer: string }
  | { e: "send"; send: number; batch: TelemetryBatch }
  | { e: "answer"; decision: "allow" | "deny"; code: DecisionCode; layer: DecisionLayer; rule: string | null }
  /** For people; no runtime is held to it. */
  | { e: "log"; level: LogLevel; code: string; fields?: LogFields };

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, string | number>;

/** The same effects in the fixed order. */
export function inOrder(effects: readonly Effect[]): Effect[] {
  return ORDER.flatMap((kind) => effects.filter(({ e }) => e === kind));
}
