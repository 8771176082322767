import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import type { OpenTransaction, StoreConnection } from "../store-connection";
import { eachOf, type Posted } from "./outbox";
import { servePort } from "./serve-port";
import type { Question, Told } from "./wire";

const STATEMENT = { sql: "select 1", params: [], rowMode: "object" } as const;

/** A gate that the test opens, and that says when somebody is at it. */
function gate() {
  let open: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const pass = () => {
    arrive();
    return opened;
  };
  return { open, reached, pass };
}

let close: () => void = () => undefined;
afterEach(() => close());

/** A client that speaks for itself, at a database whose transactions end, either way, when the gate is opened. */
function open() {
  const { port1: line, port2 } = new MessageChannel();
  const end = gate();
  const tx: OpenTransaction = { query: async () => ({ rows: [] }), announce: () => undefined };
  const connection: StoreConnection = {
    query: async () => ({ rows: [] }),
    async transaction(_, fn) {
      try {
        return await fn(tx);
      } finally {
        await end.pass();
      }
    },
    tryJournal: async () => undefined,
    tendJournal: async () => false,
    figures: () => Promise.reject(new Error("none")),
    subscribe: () => () => undefined,
    close: async () => undefined,
  };
  servePort(port2, connection, {
    ...{ silentMsMax: 1, transactionMsMax: 60_000, isWaitedFor: () => true },
    ...{ onFallen: () => undefined, onTakenBack: () => undefined },
  });
  const answers = new Map<number, Told>();
  const waiting = new Map<number, () => void>();
  line.on("message", (posted: Posted<Told>) => {
    for (const told of eachOf(posted)) {
      if (!("id" in told)) continue;
      answers.set(told.id, told);
      waiting.get(told.id)?.();
    }
  });
  close = () => line.close();
  const say = (id: number, question: Question) => line.postMessage({ ...question, id });
  return {
    end,
    answers,
    say,
    /** Resolves when everything that was said before was heard, and what was answered at once has come. */
    heardOut: (id: number) =>
      new Promise<void>((resolve) => {
        waiting.set(id, resolve);
        say(id, { ask: "tryJournal" });
      }),
  };
}

describe("a question in a transaction", () => {
  it("is answered with the refusal where it comes while a silent transaction is rolled back", async () => {
    const { end, answers, say, heardOut } = open();
    say(1, { ask: "begin", lane: "page", transaction: 1 });
    await end.reached;
    say(2, { ask: "statement", transaction: 1, statement: STATEMENT });
    say(3, { ask: "commit", transaction: 1, announcements: [] });
    await heardOut(4);
    end.open();
    await heardOut(5);
    for (const id of [2, 3]) {
      expect(answers.get(id), `question ${id}`).toMatchObject({
        error: { app: { code: "unavailable", retryAfterSeconds: 1 }, message: expect.stringContaining("taken back") },
      });
    }
  });

  it.each(["commit", "rollback"] as const)("that comes behind the %s is refused, never dropped", async (ask) => {
    const { end, answers, say, heardOut } = open();
    say(1, { ask: "begin", lane: "page", transaction: 1 });
    say(2, ask === "commit" ? { ask, transaction: 1, announcements: [] } : { ask, transaction: 1 });
    say(3, { ask: "statement", transaction: 1, statement: STATEMENT });
    await end.reached;
    await heardOut(4);
    end.open();
    await heardOut(5);
    // Of a commit it is told how long it had the database.
    expect(answers.get(2)).toEqual({ id: 2, value: ask === "commit" ? 0 : null });
    expect(answers.get(3)).toMatchObject({ error: { message: expect.stringContaining("after the end") } });
  });
});
