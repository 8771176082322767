import { toHex, utf8Bytes } from "../crypto/encoding";
import type { CryptoPort } from "../crypto/port";
import type { PublicSuffixes } from "../decide/public-suffixes";
import type { QueueRecord } from "../telemetry/queue-state";
import type { Effect, LogFields, LogLevel } from "./effects";
import type { DeviceState, Live } from "./state";
import type { StoredClaims } from "./stored-claims";

/** What a device needs from outside: both are pure. */
export type DevicePorts = { crypto: CryptoPort; publicSuffixes: PublicSuffixes };

/** One step in the making. */
export type Turn = {
  readonly state: DeviceState;
  readonly live: Live;
  readonly ports: DevicePorts;
  readonly claims: StoredClaims;
  readonly effects: Effect[];
  /** What was folded into the queue: a disk may keep the queue as a log of these. */
  readonly records: QueueRecord[];
};

export const emit = (turn: Turn, effect: Effect): void => void turn.effects.push(effect);

export function log(turn: Turn, level: LogLevel, code: string, fields?: LogFields): void {
  emit(turn, { e: "log", level, code, ...(fields === undefined ? {} : { fields }) });
}

/** The next number of a kind that the shell answers by. */
export function nextNumber(turn: Turn, kind: "write" | "fetch" | "send"): number {
  const number = turn.live.next[kind];
  turn.live.next[kind] += 1;
  return number;
}

/** The first 32 hex digits of SHA-256 over seed, kind and number, joined by LF; the numbers of a kind count from 0. */
export function nextId(turn: Turn, kind: "event" | "batch"): string {
  const { seed, next } = turn.live;
  const digest = turn.ports.crypto.sha256(utf8Bytes(`${seed}\n${kind}\n${next[kind]}`));
  next[kind] += 1;
  return toHex(digest).slice(0, 32);
}

export function setTimer(turn: Turn, timer: string, minMs: number, maxMs = minMs): void {
  const { live } = turn;
  if (!live.timers.includes(timer)) live.timers = [...live.timers, timer].sort();
  emit(turn, { e: "timer", timer, minMs, maxMs });
}

export function cancelTimer(turn: Turn, timer: string): void {
  if (takeTimer(turn.live, timer)) emit(turn, { e: "cancel", timer });
}

/** Whether it was set; it no longer is. */
export function takeTimer(live: Live, timer: string): boolean {
  const isSet = live.timers.includes(timer);
  if (isSet) live.timers = live.timers.filter((other) => other !== timer);
  return isSet;
}
