import type { HostEvent } from "../api/host-event";
import type { HostLog } from "../ports";

/** Events that are kept for one reader who is not there yet: of each program so many, and of the host itself. */
export const EVENTS_KEPT = 256;

export type EventHub = {
  emit(event: HostEvent): void;
  /** Hears each event as it comes; one that throws is logged and goes on hearing. Answers what ends it. */
  on(listener: (event: HostEvent) => void): () => void;
  /** Events in their order from now on, until `closed`, within bounds: what found no room is counted, and told where it was lost. */
  events(): AsyncIterableIterator<HostEvent>;
  /** Tells `closed`, the last one. */
  close(): void;
};

/** What whoever embeds the host hears, whatever it does: it waits for nobody, and keeps a bounded part for who is slow. */
export function createEventHub(log: HostLog): EventHub {
  const listeners = new Set<(event: HostEvent) => void>();
  let isClosed = false;

  function emit(event: HostEvent): void {
    if (isClosed) return;
    for (const listener of [...listeners]) {
      try {
        // One that is asynchronous promises something, whatever its type says; unheard, that would end the process.
        const heard: unknown = listener(event);
        if (heard instanceof Promise)
          heard.catch((error: unknown) => log("error", "event_not_heard", { kind: event.kind, error }));
      } catch (error) {
        log("error", "event_not_heard", { kind: event.kind, error });
      }
    }
  }

  function on(listener: (event: HostEvent) => void): () => void {
    // one function that is given twice hears twice, and ends twice
    const own = (event: HostEvent) => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  return {
    emit,
    on,
    events() {
      const queue = createEventQueue();
      const off = on(queue.add);
      if (isClosed) queue.add({ kind: "closed" });
      return iterate(queue, off);
    },
    close() {
      emit({ kind: "closed" });
      isClosed = true;
      listeners.clear();
    },
  };
}

type Kept = { number: number; event: HostEvent };
type Room = { kept: Kept[]; lost: number; lostAt: number };
type EventQueue = {
  add(event: HostEvent): void;
  take(): HostEvent | undefined;
  /** Resolves when there may be something to take. */
  wait(): Promise<void>;
  /** Nobody waits any more. */
  wake(): void;
};

/** What events are of a program, by its id; of the host otherwise, which no program pushes out. */
const roomOf = (event: HostEvent): string | null =>
  event.kind === "console" || event.kind === "denied" || event.kind === "consent" ? event.appId : null;

/** A room for each program and one for the host: what a program writes pushes out the oldest of its own, and nobody else's. */
function createEventQueue(): EventQueue {
  const rooms = new Map<string | null, Room>();
  let number = 0;
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const go of waiting.splice(0)) go();
  };

  function first(): { appId: string | null; room: Room } | undefined {
    let found: { appId: string | null; room: Room } | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [appId, room] of rooms) {
      const at = room.lost > 0 ? room.lostAt : (room.kept[0]?.number ?? Number.POSITIVE_INFINITY);
      if (at < least) {
        least = at;
        found = { appId, room };
      }
    }
    return found;
  }

  return {
    add(event) {
      const appId = roomOf(event);
      const room = rooms.get(appId) ?? { kept: [], lost: 0, lostAt: 0 };
      rooms.set(appId, room);
      number += 1;
      room.kept.push({ number, event });
      if (room.kept.length > EVENTS_KEPT) {
        const gone = room.kept.shift();
        if (room.lost === 0) room.lostAt = gone?.number ?? number;
        room.lost += 1;
      }
      wake();
    },
    take() {
      const found = first();
      if (found === undefined) return undefined;
      const { appId, room } = found;
      if (room.lost > 0) {
        const count = room.lost;
        room.lost = 0;
        return { kind: "lost", appId, count };
      }
      const event = room.kept.shift()?.event;
      if (room.kept.length === 0) rooms.delete(appId);
      return event;
    },
    wait: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    wake,
  };
}

function iterate(queue: EventQueue, off: () => void): AsyncIterableIterator<HostEvent> {
  let isOver = false;
  const over = { done: true, value: undefined } as const;
  const end = (): typeof over => {
    isOver = true;
    off();
    queue.wake();
    return over;
  };
  return {
    async next() {
      while (!isOver) {
        const event = queue.take();
        if (event === undefined) {
          await queue.wait();
          continue;
        }
        if (event.kind === "closed") end();
        return { done: false, value: event };
      }
      return over;
    },
    return: async () => end(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
