import type { QueueState } from "./queue-state";

/** How much may wait while the platform can't be reached. */
export type QueueBounds = {
  minutes: number;
  events: number;
  /** Events of one cause that are recorded singly within a minute; the count of all of them is in the minute's entry. */
  eventsPerCauseAndMinute: number;
  /** Past this many items of a kind the next batch is sent without waiting for its time. */
  backlog: number;
};

export const QUEUE_BOUNDS: QueueBounds = { minutes: 4320, events: 5000, eventsPerCauseAndMinute: 30, backlog: 250 };

/**
 * What must go for the queue to be within its bounds again: the oldest minutes before any event, since events tell of
 * denials and of security; then the oldest events. Batches that were given an id stay: they may have been received.
 */
export function planDrop(
  state: QueueState,
  bounds: QueueBounds,
): { minutes: readonly string[]; events: readonly string[] } | undefined {
  const eventsOver = state.events.size - bounds.events;
  // Events push minutes out first: together they share the room of both.
  const roomForMinutes = Math.max(0, bounds.minutes - Math.max(0, eventsOver));
  const minutesOver = state.minutes.size - roomForMinutes;
  const eventsPastAllRoom = state.events.size - bounds.events - bounds.minutes;
  if (minutesOver <= 0 && eventsPastAllRoom <= 0) return undefined;
  return {
    minutes: [...state.minutes.keys()].slice(0, Math.max(0, minutesOver)),
    events: [...state.events.keys()].slice(0, Math.max(0, eventsPastAllRoom)),
  };
}
