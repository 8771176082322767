import { compareUtf8 } from "../crypto/encoding";
import { BATCH_BOUNDS, type MinuteEntry, type TelemetryBatch, type TelemetryEvent } from "./batch";
import { toEntry } from "./minute-entry";
import type { QueueState } from "./queue-state";

type BatchItems = Pick<TelemetryBatch, "programs" | "events" | "discarded">;

/** The oldest items, as many as a batch may hold by number and size. */
export function takeItems(state: QueueState): BatchItems {
  const half = BATCH_BOUNDS.bytes / 2;
  let bytes = 0;
  const fits = (item: unknown) => {
    bytes += JSON.stringify(item).length;
    return bytes <= half;
  };
  const events: TelemetryEvent[] = [];
  for (const event of state.events.values()) {
    if (events.length >= BATCH_BOUNDS.events || !fits(event)) break;
    events.push(event);
  }
  const minutes: ToldMinute[] = [];
  const programs = new Set<string>();
  for (const { appId, versionCode, entry } of state.minutes.values()) {
    const told = { appId, versionCode, entry: toEntry(entry) };
    programs.add(`${appId}/${versionCode}`);
    if (programs.size > BATCH_BOUNDS.programs || minutes.length >= BATCH_BOUNDS.minutes) break;
    // One alone may be larger than a batch should be, and none is kept back for ever.
    if (!fits(told) && minutes.length + events.length > 0) break;
    minutes.push(told);
  }
  // In an order of its own, for the state is an object, whose members have none.
  const discarded = [...state.discarded].sort(([a], [b]) => compareUtf8(a, b)).slice(0, BATCH_BOUNDS.discarded);
  return { programs: byProgram(minutes), events, discarded: discarded.map(([reason, count]) => ({ reason, count })) };
}

type ToldMinute = { appId: string; versionCode: number; entry: MinuteEntry };

function byProgram(minutes: readonly ToldMinute[]): TelemetryBatch["programs"] {
  const programs = new Map<string, TelemetryBatch["programs"][number]>();
  for (const { appId, versionCode, entry } of minutes) {
    const key = `${appId}/${versionCode}`;
    const program = programs.get(key) ?? { appId, versionCode, minutes: [] };
    program.minutes.push(entry);
    programs.set(key, program);
  }
  return [...programs.values()];
}

/** Two batches that hold what one held, each with an id of its own; the first tells of what was discarded. */
export function splitBatch(batch: TelemetryBatch, sequence: number, randomId: () => string): TelemetryBatch[] {
  const minutes = batch.programs.flatMap(({ appId, versionCode, minutes: entries }) =>
    entries.map((entry) => ({ appId, versionCode, entry })),
  );
  const minuteHalf = Math.ceil(minutes.length / 2);
  // Where there are events and minutes, an odd one goes to different halves, so that neither half is ever empty.
  const eventHalf = minutes.length > 0 ? Math.floor(batch.events.length / 2) : Math.ceil(batch.events.length / 2);
  return [
    {
      ...batch,
      batchId: randomId(),
      sequence: sequence + 1,
      programs: byProgram(minutes.slice(0, minuteHalf)),
      events: batch.events.slice(0, eventHalf),
    },
    {
      ...batch,
      batchId: randomId(),
      sequence: sequence + 2,
      programs: byProgram(minutes.slice(minuteHalf)),
      events: batch.events.slice(eventHalf),
      discarded: [],
    },
  ];
}
