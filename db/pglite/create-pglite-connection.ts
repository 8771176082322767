import { type PGlite, types } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { createAnnouncer, LOOK_AGAIN } from "../announcements";
import { driverClient } from "../driver-client";
import type { BegunAgain, CommitLog } from "../journal/commit-log";
import type { SealedRecord } from "../journal/journal-frame";
import { createTurns, type Turns } from "../lanes/turns";
import * as schema from "../schema";
import type { Announcement, Lane } from "../store";
import type { OpenTransaction, Statement, StoreConnection } from "../store-connection";
import { createPreparedStatements } from "./prepared-statements";

export type PgliteParts = {
  client: PGlite;
  logger: Logger;
  /** Makes the log of commits, given what tells everyone to look again; null for a store that ends with the process. */
  createLog: (lookAgain: () => void) => CommitLog | null;
  /** Runs after the journal began again: reads it back, and lets go of what is before; what needs the database is given to `inTurn`. */
  onBegunAgain?: (begun: BegunAgain, inTurn: InTurn) => Promise<void>;
  /** Runs after the database is closed. */
  onClosed?: () => Promise<void>;
  turns?: Turns;
};

/** Runs one piece of tidying up, by its kind, when its turn with the database has come. */
export type InTurn = <T>(kind: string, work: () => Promise<T>) => Promise<T>;

/** Parts of a base that are written at one asking, so that a process that is told to stop waits for few of them. */
const PARTS_AT_ONCE = 16;

const asText = (value: string) => value;
/** Types that drizzle reads from text, and lists of them; it names the same at every query. */
const READ_BY_DRIZZLE = [types.TIMESTAMP, types.TIMESTAMPTZ, types.INTERVAL, types.DATE, 1231, 1115, 1185, 1187, 1182];
export const PARSERS: Readonly<Record<number, (value: string) => string>> = Object.fromEntries(
  READ_BY_DRIZZLE.map((type) => [type, asText]),
);

/** What a statement holds while it waits, about. */
function bytesOf({ sql, params }: Statement): number {
  let bytes = sql.length;
  for (const value of params) {
    if (typeof value === "string") bytes += value.length;
    else if (value instanceof Uint8Array) bytes += value.byteLength;
  }
  return bytes;
}

/** A database in this thread. One job after the other has it: a statement, or a transaction as a whole. */
export function createPgliteConnection(parts: PgliteParts): StoreConnection {
  const { client, logger, turns = createTurns() } = parts;
  const announcer = createAnnouncer(logger);
  const log = parts.createLog(() => announcer.tell(LOOK_AGAIN));
  let closing: Promise<void> | null = null;
  let tending: Promise<boolean> | null = null;
  const running = new Set<Promise<unknown>>();
  const statements = createPreparedStatements(client, PARSERS);
  const within = drizzle(driverClient({ query: (statement) => statements.query(statement, true) }), { schema });

  async function untilDone<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== null) throw new AppError("unavailable", "The store is closed.");
    const done = work();
    running.add(done);
    try {
      return await done;
    } finally {
      running.delete(done);
    }
  }

  async function ask(lane: Lane, statement: Statement) {
    const rows = await turns.run({ lane, bytes: bytesOf(statement) }, async (turn) => {
      await statements.renewPlans();
      return await turn.statement(statement.sql, () => statements.query(statement, false));
    });
    await log?.settled();
    return rows;
  }

  async function transact<T>(
    lane: Lane,
    fn: (tx: OpenTransaction) => Promise<T>,
    told: Announcement[],
  ): Promise<{ result: T; heldMs: number }> {
    await log?.settled();
    let sealed: SealedRecord | null = null;
    let result: T;
    let heldMs = 0;
    try {
      result = await turns.run({ lane, bytes: 0, isTransaction: true }, async (turn) => {
        const begunMs = performance.now();
        await statements.renewPlans();
        const done = await client.transaction(async () => {
          const value = await fn({
            query: (statement) => turn.statement(statement.sql, () => statements.query(statement, true)),
            announce: (announcement) => told.push(announcement),
          });
          turn.becomes("commit");
          sealed = (await log?.seal(within)) ?? null;
          return value;
        });
        heldMs = performance.now() - begunMs;
        return done;
      });
    } catch (error) {
      if (sealed !== null) log?.cancel(sealed);
      throw error;
    }
    if (sealed !== null) await log?.append(sealed);
    else await log?.settled();
    return { result, heldMs };
  }

  const inTurn: InTurn = (kind, work) =>
    turns.run({ lane: "tend", bytes: 0 }, async (turn) => {
      if (closing !== null) throw new AppError("unavailable", "The store is closed.");
      return await turn.statement(kind, work);
    });

  async function tend(own: CommitLog): Promise<boolean> {
    for (let part = 0; part < PARTS_AT_ONCE && own.wantsBase; part += 1) {
      const begun = await own.writeBasePart((work) => inTurn("insert into journal_records", work));
      if (begun !== null) await parts.onBegunAgain?.(begun, inTurn);
    }
    // Each commit looks for what its transaction wrote, past all that earlier ones took away: nothing else vacuums this database.
    await inTurn("vacuum", () => client.exec("vacuum journal_changes"));
    return own.wantsBase;
  }

  return {
    query: (lane, statement) => untilDone(() => ask(lane, statement)),
    async transaction(lane, fn, onHeld) {
      const told: Announcement[] = [];
      const { result, heldMs } = await untilDone(() => transact(lane, fn, told));
      announcer.tell(told);
      onHeld?.(heldMs);
      return result;
    },
    tryJournal: () => untilDone(async () => log?.tryOut()),
    tendJournal() {
      tending ??= untilDone(async () => log !== null && (await tend(log))).finally(() => {
        tending = null;
      });
      return tending;
    },
    async figures() {
      return { ...turns.figures(), takenBack: 0, hearing: null, reopened: { times: 0, last: null } };
    },
    subscribe: announcer.subscribe,
    close() {
      closing ??= (async () => {
        await Promise.allSettled(running);
        try {
          await log?.close();
          await client.close();
        } finally {
          await parts.onClosed?.();
        }
      })();
      return closing;
    },
  };
}
