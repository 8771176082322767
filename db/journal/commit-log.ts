import type { PGlite } from "@electric-sql/pglite";
import { desc, lt, sql } from "drizzle-orm";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { rowsOf } from "../rows";
import { journalChanges, journalRecords } from "../schema";
import type { Database } from "../store";
import { type CredentialsFile, standingRows } from "./credentials-file";
import { JOURNAL_START, type SealedRecord, sealRecord } from "./journal-frame";
import type { JournalLength } from "./journal-length";
import type { JournalWriter } from "./journal-writer";
import type { VoidableRows } from "./replay-journal";
import { writeBase } from "./write-base";

type Row = Record<string, unknown>;

/** Makes commits durable beside the database. */
export type CommitLog = {
  /**
   * Inside the transaction, last of all: turns the rows that it wrote into a record, stored beside them. Answers null
   * when it wrote none that are journaled. From here until `append` or `cancel` is over, `settled` waits.
   */
  seal(db: Database): Promise<SealedRecord | null>;
  /** The transaction did not commit. */
  cancel(record: SealedRecord): void;
  /** The transaction committed: resolves when its record is on disk. Raises `unavailable` when that failed. */
  append(record: SealedRecord): Promise<void>;
  /**
   * Resolves when everything that is committed now is on disk, so that nothing is answered which power loss could take
   * back. Raises `unavailable` while the journal is behind; every call tries to bring it up.
   */
  settled(): Promise<void>;
  /** Writes and syncs beside the journal's records. Raises `unavailable` where the next append would fail. */
  tryOut(): Promise<void>;
  /** What the journal has by now. */
  readonly length: JournalLength;
  /**
   * Lets the journal begin again with all rows as they stand, in segments of its own; commits and reads wait until it is
   * on disk. Answers where it begins and ends; null while the journal is behind. Raises `unavailable` where it could not be appended (then the
   * journal is behind), and what the database raised; the journal is then as it was.
   */
  beginAgain(): Promise<{ from: number; last: JournalWriter["last"] } | null>;
  close(): Promise<void>;
};

export function createCommitLog(parts: {
  client: PGlite;
  writer: JournalWriter;
  clock: Clock;
  logger: Logger;
  /** The newest migration that the rows have gone through. */
  schema: number;
  credentials: CredentialsFile;
  /** Called after the journal caught up late: what those commits had to announce was never told. */
  lookAgain: () => void;
  /** What the journal has at the start. */
  length: JournalLength;
}): CommitLog {
  const { client, writer, clock, logger, credentials } = parts;
  let { baseBytes, bytesSinceBase } = parts.length;
  /** What a record that touches credentials leaves of them, as its transaction saw it. */
  const left = new WeakMap<SealedRecord, VoidableRows>();
  const outstanding = new Map<SealedRecord, { done: Promise<void>; finish: () => void }>();
  let appending: Promise<unknown> = Promise.resolve();
  let failure: AppError | null = null;
  let catchingUp: Promise<void> | null = null;

  /** One append after the other, in the order of asking, which is the order of commits. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = appending.then(work);
    appending = turn.catch(() => undefined);
    return turn;
  }

  function finish(record: SealedRecord): void {
    outstanding.get(record)?.finish();
    outstanding.delete(record);
  }

  function behind(cause: unknown): AppError {
    failure = new AppError(
      "unavailable",
      "The store's journal cannot be written, so nothing is decided or published.",
      {
        cause,
        retryAfterSeconds: 5,
      },
    );
    logger("error", "journal_behind", { sequence: writer.last.sequence, error: cause });
    return failure;
  }

  function recovered(): void {
    if (failure === null) return;
    failure = null;
    logger("warn", "journal_caught_up", { sequence: writer.last.sequence });
    parts.lookAgain();
  }

  async function appendOne(record: SealedRecord): Promise<void> {
    await writer.append(record);
    bytesSinceBase += record.line.length;
  }

  /** Appends what the rows have and the journal has not; `newSegmentAt` begins a segment. Only inside a turn. */
  async function appendFromRows(newSegmentAt?: number): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      // One by one: a base is many, of a megabyte each, and others want the database meanwhile.
      const { rows } = await client.query<SealedRecord>(
        "select sequence, sha256, line from journal_records where sequence > $1 order by sequence limit 1",
        [writer.last.sequence],
      );
      const [row] = rows;
      if (row === undefined) return;
      // Whatever these records did to credentials: what stands now is what they left.
      if (isFirst) {
        await credentials.replace(await standingRows(async (statement) => (await client.query<Row>(statement)).rows));
      }
      const sequence = Number(row.sequence);
      if (sequence === newSegmentAt) await writer.close();
      await appendOne({ ...row, sequence });
    }
  }

  async function catchUp(): Promise<void> {
    try {
      await inTurn(appendFromRows);
    } catch (error) {
      throw behind(error);
    }
    recovered();
  }

  /** Those alone that were there when it was asked: what is sealed later was not seen, and never ends where many write. */
  async function waitForOutstanding(): Promise<void> {
    await Promise.all([...outstanding.values()].map(({ done }) => done));
  }

  return {
    async seal(db) {
      const changes = await db.delete(journalChanges).returning();
      if (changes.length === 0) return null;
      changes.sort((a, b) => a.id - b.id);
      const [last] = await db
        .select({ sequence: journalRecords.sequence, sha256: journalRecords.sha256 })
        .from(journalRecords)
        .orderBy(desc(journalRecords.sequence))
        .limit(1);
      const record = sealRecord({
        sequence: (last?.sequence ?? 0) + 1,
        previous: last?.sha256 ?? JOURNAL_START,
        at: new Date(clock.nowMs()).toISOString(),
        schema: parts.schema,
        changes: changes.map(({ relation, op, row }) => ({ relation, op, row: row as Record<string, unknown> })),
      });
      if (changes.some(({ op }) => op === "void-before" || op === "void-through")) {
        left.set(record, await standingRows((statement) => rowsOf<Row>(db, sql.raw(statement))));
      }
      // The newest record on disk stays: it says what these rows include.
      await db.delete(journalRecords).where(lt(journalRecords.sequence, writer.last.sequence));
      await db.insert(journalRecords).values(record);
      let finishDone: () => void = () => undefined;
      const done = new Promise<void>((resolve) => {
        finishDone = resolve;
      });
      outstanding.set(record, { done, finish: finishDone });
      return record;
    },
    cancel: finish,
    async append(record) {
      try {
        await inTurn(async () => {
          if (record.sequence <= writer.last.sequence) return;
          if (failure === null && record.sequence === writer.last.sequence + 1) {
            const rows = left.get(record);
            // Before the record that voids what was there: whoever is stopped in between has the old or the new.
            if (rows !== undefined) await credentials.replace(rows);
            await appendOne(record);
          } else await appendFromRows();
        });
        recovered();
      } catch (error) {
        throw behind(error);
      } finally {
        finish(record);
      }
    },
    async settled() {
      await waitForOutstanding();
      if (failure === null) return;
      catchingUp ??= catchUp().finally(() => {
        catchingUp = null;
      });
      await catchingUp;
    },
    async tryOut() {
      try {
        await inTurn(() => writer.tryOut());
      } catch (cause) {
        const reason = (cause as NodeJS.ErrnoException).code ?? "it failed";
        throw new AppError("unavailable", `The store's journal cannot be written (${reason}).`, { cause });
      }
    },
    get length() {
      return { baseBytes, bytesSinceBase };
    },
    async beginAgain() {
      return inTurn(async () => {
        if (failure !== null) return null;
        const about = { at: new Date(clock.nowMs()).toISOString(), schema: parts.schema };
        const base = await client.transaction(async (sink) => {
          const { rows } = await sink.query<{ sequence: number; sha256: string }>(
            "select sequence, sha256 from journal_records order by sequence desc limit 1",
          );
          const [newest] = rows;
          // Committed records that wait for their turn are appended below, before the base that follows them.
          const from = newest === undefined ? writer.last : { ...newest, sequence: Number(newest.sequence) };
          return writeBase(sink, from, about);
        });
        const [first] = base;
        if (first === undefined) return null;
        try {
          await appendFromRows(first.sequence);
        } catch (error) {
          throw behind(error);
        }
        baseBytes = base.reduce((sum, { line }) => sum + line.length, 0);
        bytesSinceBase = 0;
        return { from: first.sequence, last: writer.last };
      });
    },
    async close() {
      await appending;
      await writer.close();
    },
  };
}
