import type { MessagePort } from "node:worker_threads";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { createAnnouncer, LOOK_AGAIN } from "../announcements";
import { createStore } from "../create-store";
import type { Announcement, Store, StoreFigures } from "../store";
import type { Rows, StoreConnection } from "../store-connection";
import { storeFailure } from "../store-failure";
import { createOutbox, eachOf, type Posted } from "./outbox";
import { type Asked, type Connected, fromWire, type Outage, type Question, type Told } from "./wire";

/** A line to the store's thread, until that thread ends. */
type Line = { ask(question: Question): Promise<unknown>; close(): void };

const interrupted = (outage: Outage | null = null) => {
  const since = outage === null ? "" : ` since ${outage.since} (tries: ${outage.tries})`;
  return new AppError("unavailable", `The store is being opened again${since}. Try again in a moment.`, {
    retryAfterSeconds: 2,
  });
};
/** Whoever asks must look first whether it was made. */
const outcomeUnknown = () =>
  storeFailure(Object.assign(new Error("the store's thread ended at a commit"), { code: "OUTCOME_UNKNOWN" }));
const closed = () => new AppError("unavailable", "The store is closed.");

/** Keeps its thread alive while a question is open, and no longer. */
function createLine(port: MessagePort, on: { heard(announcement: Announcement): void; lost(): void }): Line {
  const waiting = new Map<
    number,
    { asked: Question["ask"]; resolve(value: unknown): void; reject(why: unknown): void }
  >();
  let asked = 0;
  let isLost = false;
  function take(id: number) {
    const question = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) port.unref();
    return question;
  }
  // All that is asked before anybody can have answered, when nothing is left to be done without an answer: a transaction
  // asks what needs none before it at once.
  const say = createOutbox<Asked>(
    port,
    (send) => process.nextTick(send),
    ({ id }, error) => take(id)?.reject(error),
  );
  port.on("message", (posted: Posted<Told>) => {
    for (const told of eachOf(posted)) {
      if ("heard" in told) on.heard(told.heard);
      else if ("error" in told) take(told.id)?.reject(fromWire(told.error));
      else take(told.id)?.resolve(told.value);
    }
  });
  port.on("close", () => {
    isLost = true;
    for (const question of waiting.values()) {
      question.reject(question.asked === "commit" ? outcomeUnknown() : interrupted());
    }
    waiting.clear();
    on.lost();
  });
  port.unref();
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (isLost) return reject(interrupted());
        const id = ++asked;
        waiting.set(id, { asked: question.ask, resolve, reject });
        say({ ...question, id });
        port.ref();
      }),
    close: () => port.close(),
  };
}

export type StoreClientParts = {
  logger: Logger;
  /** Closes the store itself, where this is the client of the thread that opened it. */
  onClose?: () => Promise<void>;
};

/**
 * The store that another thread has, over a port of `openStoreInWorker`. While that store is opened again it refuses with
 * `unavailable`, and whoever listens is told to look again afterwards. Closing it lets go of the port alone.
 */
export function createStoreClient(port: MessagePort, parts: StoreClientParts): Store {
  return createStore(createRemoteConnection(port, parts));
}

function createRemoteConnection(port: MessagePort, { logger, onClose }: StoreClientParts): StoreConnection {
  const announcer = createAnnouncer(logger);
  let line: Line | null = null;
  let outage: Outage | null = null;
  let isFirst = true;
  let connected: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    connected = resolve;
  });
  let closing: Promise<void> | null = null;
  const running = new Set<Promise<unknown>>();
  let transactions = 0;

  port.on("message", (told: Connected) => {
    if ("ended" in told) {
      connected();
      return;
    }
    if ("outage" in told) {
      outage = told.outage;
      connected();
      return;
    }
    outage = null;
    const own = createLine(told.connected, {
      heard: (announcement) => announcer.tell([announcement]),
      lost: () => {
        if (line === own) line = null;
      },
    });
    line = own;
    connected();
    // What was announced in between was told to nobody.
    if (!isFirst) announcer.tell(LOOK_AGAIN);
    isFirst = false;
  });
  port.on("close", () => connected());
  port.unref();

  async function reach(): Promise<Line> {
    if (isFirst) {
      port.ref();
      await first;
      port.unref();
    }
    if (line === null) throw interrupted(outage);
    return line;
  }

  async function untilDone<T>(work: (own: Line) => Promise<T>): Promise<T> {
    if (closing !== null) throw closed();
    const done = reach().then(work);
    running.add(done);
    try {
      return await done;
    } finally {
      running.delete(done);
    }
  }

  // Safe because both ends are of one build, and `serve-port.ts` answers each question so.
  const ask = <T>(question: Question) => untilDone((own) => own.ask(question) as Promise<T>);

  return {
    query: (lane, statement) => ask<Rows>({ ask: "query", lane, statement }),
    transaction: (lane, fn, onHeld) =>
      untilDone(async (own) => {
        const transaction = ++transactions;
        const announcements: Announcement[] = [];
        let begun: Promise<unknown> | null = null;
        /** Begun with the first thing that is asked in it, in the same message: an answer to the beginning alone tells nothing. */
        async function tell(question: Question): Promise<unknown> {
          begun ??= own.ask({ ask: "begin", lane, transaction });
          const [, answer] = await Promise.all([begun, own.ask(question)]);
          return answer;
        }
        let value: Awaited<ReturnType<typeof fn>>;
        try {
          value = await fn({
            query: (statement) => tell({ ask: "statement", transaction, statement }) as Promise<Rows>,
            announce: (announcement) => announcements.push(announcement),
          });
        } catch (error) {
          // Where it cannot be told, the port is closed, and it was taken back with it.
          if (begun !== null) await own.ask({ ask: "rollback", transaction }).catch(() => undefined);
          throw error;
        }
        // Safe because `serve-port.ts` answers a commit so.
        const heldMs = (await tell({ ask: "commit", transaction, announcements })) as number;
        onHeld?.(heldMs);
        return value;
      }),
    tryJournal: () => ask<void>({ ask: "tryJournal" }),
    tendJournal: () => ask<boolean>({ ask: "tendJournal" }),
    figures: () => ask<StoreFigures>({ ask: "figures" }),
    subscribe: announcer.subscribe,
    close() {
      closing ??= (async () => {
        await Promise.allSettled(running);
        await onClose?.();
        line?.close();
        port.close();
      })();
      return closing;
    },
  };
}
