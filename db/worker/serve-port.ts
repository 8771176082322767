import type { MessagePort } from "node:worker_threads";
import { AppError } from "@/lib/platform/errors";
import type { Lane } from "../store";
import type { Rows, StoreConnection } from "../store-connection";
import { createOutbox, eachOf, type Posted } from "./outbox";
import { type Asked, type Told, toWire } from "./wire";

/** Bytes below which a value is copied: handing memory over has its own cost. */
const HANDED_OVER_BYTES_MIN = 16 * 1024;

type InTransaction = Extract<Asked, { ask: "statement" | "commit" | "rollback" }>;

/** What a client says in one transaction, one thing after the other. */
type Inbox = {
  /** From here on it has the database. */
  begin(): void;
  /** Takes a question, or refuses it where the inbox has failed. */
  push(asked: InTransaction): void;
  /** Ends it with the first error it is told: what was heard, is waited for, or comes later, is refused with that. */
  fail(error: Error): void;
  next(): Promise<InTransaction>;
};

class RolledBack extends Error {}

export type PortService = {
  /** Ends a transaction whose client says nothing for this long while somebody waits for the database. */
  silentMsMax: number;
  /** Ends one that is longer as a whole, between two of its statements, while somebody waits. */
  transactionMsMax: number;
  /** Hears of each that was ended so. */
  onTakenBack(lane: Lane, ms: number): void;
  isWaitedFor(): boolean;
  /** Hears of an error after which the database answers nothing more. */
  onFallen(error: Error): void;
};

/** Memory of large values in rows that is theirs alone, so that it may be handed over instead of copied. */
function handedOver({ rows }: Rows): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const row of rows) {
    if (typeof row !== "object" || row === null) continue;
    for (const value of Object.values(row)) {
      if (!(value instanceof Uint8Array) || value.byteLength < HANDED_OVER_BYTES_MIN) continue;
      const { buffer } = value;
      if (buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength) buffers.add(buffer);
    }
  }
  return [...buffers];
}

/**
 * Answers one client's questions over its connection to the store, and tells it what is announced. When the port closes,
 * however that comes, its open transactions are rolled back.
 */
export function servePort(port: MessagePort, connection: StoreConnection, service: PortService): void {
  const open = new Map<number, Inbox>();
  let isGone = false;

  // After all that this turn of the event loop answers: what a transaction asked at once is answered at once.
  const say = createOutbox<Told>(port, setImmediate, (told, error) => {
    if ("id" in told) refuse(told.id, error);
  });
  const tell = (told: Told, transfer: ArrayBuffer[] = []) => {
    if (!isGone) say(told, transfer);
  };
  const refuse = (id: number, error: unknown) => {
    if (error instanceof WebAssembly.RuntimeError) service.onFallen(error);
    tell({ id, error: toWire(error) });
  };
  const answer = (id: number, asking: Promise<unknown>) =>
    asking.then(
      (value) => tell({ id, value }),
      (error: unknown) => refuse(id, error),
    );
  const answerRows = async (id: number, asking: Promise<Rows>) => {
    try {
      const rows = await asking;
      tell({ id, value: rows }, handedOver(rows));
    } catch (error) {
      refuse(id, error);
    }
  };

  async function transact({ id, lane, transaction }: Extract<Asked, { ask: "begin" }>): Promise<void> {
    let ending: number | null = null;
    let heldMs = 0;
    const inbox = createInbox(service, lane, refuse);
    open.set(transaction, inbox);
    const noteHeld = (ms: number) => {
      heldMs = ms;
    };
    try {
      await connection.transaction(
        lane,
        async (tx) => {
          if (isGone) throw new RolledBack();
          inbox.begin();
          tell({ id, value: null });
          for (;;) {
            const asked = await inbox.next();
            if (asked.ask === "statement") {
              await answerRows(asked.id, tx.query(asked.statement));
              continue;
            }
            ending = asked.id;
            if (asked.ask === "rollback") throw new RolledBack();
            for (const announcement of asked.announcements) tx.announce(announcement);
            return;
          }
        },
        noteHeld,
      );
      if (ending !== null) tell({ id: ending, value: heldMs });
    } catch (error) {
      if (ending === null) {
        // The turn never came, or was ended from here: what its client says next is told why.
        const cause = error instanceof Error ? error : new Error(String(error));
        inbox.fail(cause);
        refuse(id, cause);
      } else if (error instanceof RolledBack) tell({ id: ending, value: null });
      else refuse(ending, error);
    } finally {
      open.delete(transaction);
      inbox.fail(new Error("This was asked after the end of its transaction. Nothing was done."));
    }
  }

  function hear(asked: Asked): void {
    switch (asked.ask) {
      case "query":
        void answerRows(asked.id, connection.query(asked.lane, asked.statement));
        return;
      case "begin":
        void transact(asked);
        return;
      case "statement":
      case "commit":
      case "rollback": {
        const inbox = open.get(asked.transaction);
        if (inbox !== undefined) inbox.push(asked);
        else refuse(asked.id, over());
        return;
      }
      case "tryJournal":
      case "tendJournal":
      case "figures":
        void answer(asked.id, connection[asked.ask]());
        return;
    }
  }

  const unsubscribe = connection.subscribe((announcement) => tell({ heard: announcement }));
  port.on("message", (posted: Posted<Asked>) => {
    for (const asked of eachOf(posted)) hear(asked);
  });
  port.on("close", () => {
    isGone = true;
    unsubscribe();
    for (const inbox of open.values()) inbox.fail(new RolledBack());
  });
}

const over = () =>
  new AppError("unavailable", "The transaction took too long and was taken back. Try again.", { retryAfterSeconds: 1 });

function createInbox(service: PortService, lane: Lane, refuse: (id: number, error: Error) => void): Inbox {
  const { silentMsMax, transactionMsMax, isWaitedFor } = service;
  let begunMs = performance.now();
  let heard: InTransaction[] = [];
  let failure: Error | null = null;
  let waiting: { resolve(asked: InTransaction): void; reject(error: Error): void } | null = null;
  const fail = (error: Error) => {
    failure ??= error;
    waiting?.reject(failure);
    const unanswered = heard;
    heard = [];
    for (const { id } of unanswered) refuse(id, failure);
  };
  const ranMs = () => performance.now() - begunMs;
  const takeBack = () => {
    service.onTakenBack(lane, Math.round(ranMs()));
    fail(over());
  };
  return {
    begin() {
      begunMs = performance.now();
    },
    push(asked) {
      if (failure !== null) refuse(asked.id, failure);
      else if (waiting === null) heard.push(asked);
      else waiting.resolve(asked);
    },
    fail,
    next() {
      if (failure === null && ranMs() > transactionMsMax && isWaitedFor()) takeBack();
      if (failure !== null) return Promise.reject(failure);
      const first = heard.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve, reject) => {
        const look = () => {
          // Nobody is kept waiting: it may think on.
          if (isWaitedFor()) takeBack();
          else timer = setTimeout(look, silentMsMax / 10);
        };
        let timer = setTimeout(look, Math.max(0, Math.min(silentMsMax, transactionMsMax - ranMs())));
        const end = () => {
          clearTimeout(timer);
          waiting = null;
        };
        waiting = {
          resolve(asked) {
            end();
            resolve(asked);
          },
          reject(error) {
            end();
            reject(error);
          },
        };
      });
    },
  };
}
