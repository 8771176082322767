import { causeOfDenial } from "../decide/cause-of-denial";
import type { CompiledPolicy } from "../decide/compile-policy";
import type { TelemetryEvent } from "../telemetry/batch";
import type { DiscardReason } from "../telemetry/discard-reasons";
import type { CountedIncrement } from "../telemetry/minute-entry";
import { nameIncrement } from "../telemetry/named-increment";
import { planDrop, QUEUE_BOUNDS } from "../telemetry/queue-bounds";
import { applyRecord, type QueueRecord } from "../telemetry/queue-state";
import { clockTime } from "./clock";
import { isFailing, touch } from "./disk";
import { nextId, type Turn } from "./turn";

type NewEvent = Omit<TelemetryEvent, "eventId" | "at">;

/** Whole seconds of the wall clock, from 1. */
export const telemetryTime = ({ live }: Turn): number => Math.max(1, clockTime(live));

/** Folds a record into the queue, which is then to be stored; what no longer fits goes, counted by its reason. */
export function addRecord(turn: Turn, record: QueueRecord): void {
  const { queue } = turn.state;
  fold(turn, record);
  const dropped = planDrop(queue, QUEUE_BOUNDS);
  if (dropped === undefined) return;
  // While the disk takes nothing, what is dropped might have been kept: the reason is the disk.
  const reason = isFailing(turn, "queue") ? "not_stored" : "queue_overflow";
  fold(turn, { kind: "drop", reason, ...dropped });
}

function fold(turn: Turn, record: QueueRecord): void {
  applyRecord(turn.state.queue, record);
  turn.records.push(record);
  touch(turn, "queue");
}

/** Adds to the current minute of one program, with what is in force for it as the minute goes on, and what that names (spec §7). */
export function countMinute(
  turn: Turn,
  { appId, versionCode, increment }: { appId: string; versionCode: number; increment: CountedIncrement },
  policy: CompiledPolicy | undefined,
): void {
  const at = Math.floor(telemetryTime(turn) / 60) * 60;
  const { inForce } = turn.live;
  const applied = {
    epoch: turn.state.trust.keyset?.epoch ?? 0,
    platform: inForce.platform?.revision ?? 0,
    program: inForce.programs[appId]?.revision ?? 0,
  };
  addRecord(turn, {
    kind: "minute",
    appId,
    versionCode,
    at,
    increment: { ...nameIncrement(increment, policy), applied },
  });
}

export function recordEvent(turn: Turn, event: NewEvent): void {
  const left = whyLeftOut(turn, event);
  if (left !== undefined) {
    addRecord(turn, { kind: "skip", reason: left, count: 1 });
    return;
  }
  addRecord(turn, { kind: "event", event: { eventId: nextId(turn, "event"), at: telemetryTime(turn), ...event } });
}

/**
 * The first of its cause in a minute always; of the others, one in every `100 / sampling`, evenly (spec 9.9). But what a
 * program was refused has a bound of its own in a minute: its causes are as many as the names that it invents.
 */
function whyLeftOut({ live }: Turn, event: NewEvent): DiscardReason | undefined {
  const { sampler, upload } = live;
  const minute = Math.floor(clockTime(live) / 60);
  if (minute !== sampler.minute) live.sampler = { minute, seen: {}, refusals: {} };
  const { seen, refusals } = live.sampler;
  const { type, appId = "", denialId = "", code = "", api = "", host = "" } = event;
  const kept = refusals[appId] ?? 0;
  const isRefusal = event.denialId !== undefined && event.appId !== undefined;
  if (isRefusal && kept >= QUEUE_BOUNDS.refusalsPerProgramAndMinute) return "program_share";
  const cause = `${type}\n${appId}\n${causeOfDenial(denialId)}\n${code}\n${api}\n${host}`;
  const before = seen[cause] ?? 0;
  seen[cause] = before + 1;
  if (!isKept(before, upload.sampling)) return "sampled";
  if (isRefusal) refusals[appId] = kept + 1;
  return undefined;
}

function isKept(before: number, sampling: number): boolean {
  if (before === 0) return true;
  if (before >= QUEUE_BOUNDS.eventsPerCauseAndMinute) return false;
  return Math.floor((before * sampling) / 100) > Math.floor(((before - 1) * sampling) / 100);
}
