import { compareUtf8 } from "../crypto/encoding";
import type { QueueState } from "./queue-state";

/** How much may wait while the platform can't be reached. */
export type QueueBounds = {
  minutes: number;
  events: number;
  /** Events of one cause that are recorded singly within a minute; the count of all of them is in the minute's entry. */
  eventsPerCauseAndMinute: number;
  /** Events of what one program was refused that are recorded singly within a minute, of whatever causes. */
  refusalsPerProgramAndMinute: number;
  /** Past this many items of a kind the next batch is sent without waiting for its time. */
  backlog: number;
};

export const QUEUE_BOUNDS: QueueBounds = {
  minutes: 4320,
  events: 5000,
  eventsPerCauseAndMinute: 30,
  refusalsPerProgramAndMinute: 300,
  backlog: 250,
};

/**
 * What must go for the queue to be within its bounds again: of each kind, the oldest of the program that has most of it
 * waiting, so that no program pushes out what is told of another. Batches that were given an id stay: they may have been received.
 */
export function planDrop(
  state: QueueState,
  bounds: QueueBounds,
): { minutes: readonly string[]; events: readonly string[] } | undefined {
  const minutesOver = state.minutes.size - bounds.minutes;
  const eventsOver = state.events.size - bounds.events;
  if (minutesOver <= 0 && eventsOver <= 0) return undefined;
  return { minutes: surplus(state.minutes, minutesOver), events: surplus(state.events, eventsOver) };
}

/** Of programs that have as many the first by its app id; what is of no program is as of one without a name. */
function surplus(items: ReadonlyMap<string, { appId?: string | undefined }>, over: number): string[] {
  if (over <= 0) return [];
  const waiting = new Map<string, string[]>();
  for (const [id, { appId = "" }] of items) {
    const known = waiting.get(appId);
    if (known === undefined) waiting.set(appId, [id]);
    else known.push(id);
  }
  const programs = [...waiting].sort(([a], [b]) => compareUtf8(a, b)).map(([, ids]) => ({ ids, dropped: 0 }));
  return Array.from({ length: over }, () => {
    const most = programs.reduce((a, b) => (b.ids.length - b.dropped > a.ids.length - a.dropped ? b : a));
    most.dropped += 1;
    return most.ids[most.dropped - 1] ?? "";
  });
}
