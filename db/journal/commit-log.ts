import type { PGlite } from "@electric-sql/pglite";
import { desc, lt, sql } from "drizzle-orm";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { rowsOf } from "../rows";
import { journalChanges, journalRecords } from "../schema";
import type { Database } from "../store";
import { BASE_START, type BasePlace, PART_CHARACTERS, readBasePart } from "./base-parts";
import { type CredentialsFile, standingRows } from "./credentials-file";
import { JOURNAL_START, type SealedRecord, sealRecord } from "./journal-frame";
import { isLong, type JournalLength } from "./journal-length";
import type { JournalWriter } from "./journal-writer";
import type { VoidableRows } from "./replay-journal";

type Row = Record<string, unknown>;

/** A whole base: its first record, and its last. */
export type BegunAgain = { from: number; last: JournalWriter["last"] };

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
  /** Whether it is to begin again: it is long, or has begun to. */
  readonly wantsBase: boolean;
  /**
   * Lets the journal begin again with all rows, by one part of them: `inTurn` is given the work that needs the database,
   * which is others' between two parts. What they commit meanwhile is a record after the part before it, so that a part has its
   * rows as they stand, and replaying all in order makes them what they are. Answers where the base begins and ends once this part
   * makes it whole, and null before. Raises `unavailable` while the journal is behind or falls behind with this part, and what the database raised;
   * the next call goes on.
   */
  writeBasePart(inTurn: <T>(work: () => Promise<T>) => Promise<T>): Promise<BegunAgain | null>;
  close(): Promise<void>;
};

/** A base of which some parts are stored: it goes on at `place`. Of its records the first and the last are known once they are sealed. */
type BegunBase = {
  readonly at: string;
  place: BasePlace;
  part: number;
  from: number | null;
  end: number | null;
  bytes: number;
  /** What was appended since the base before, before its first record. */
  bytesBefore: number;
};

function beginBase(nowMs: number): BegunBase {
  const at = new Date(nowMs).toISOString();
  return { at, place: BASE_START, part: 0, from: null, end: null, bytes: 0, bytesBefore: 0 };
}

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
  /** Tests let a base have small parts. */
  partCharacters?: number;
}): CommitLog {
  const { client, writer, clock, logger, credentials } = parts;
  let { baseBytes, bytesSinceBase } = parts.length;
  /** While the journal begins again. */
  let base = null as BegunBase | null;
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
    // A base has segments of its own, so that those before it can go.
    if (record.sequence === base?.from) {
      await writer.close();
      base.bytesBefore = bytesSinceBase;
    }
    await writer.append(record);
    bytesSinceBase += record.line.length;
    if (record.sequence !== base?.end) return;
    baseBytes = base.bytes;
    bytesSinceBase -= base.bytesBefore + base.bytes;
    base = null;
  }

  /** Appends what the rows have and the journal has not. Only inside a turn. */
  async function appendFromRows(): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      // One by one: others want the database meanwhile.
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

  async function append(record: SealedRecord): Promise<void> {
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
  }

  /** In a transaction of its own: stores the next part beside the rows, after what was committed last. */
  async function sealPart(at: BegunBase): Promise<{ record: SealedRecord; next: BasePlace | null }> {
    return client.transaction(async (sink) => {
      const { rows } = await sink.query<{ sequence: number; sha256: string }>(
        "select sequence, sha256 from journal_records order by sequence desc limit 1",
      );
      const { sequence, sha256: previous } = rows[0] ?? writer.last;
      const { changes, next } = await readBasePart(sink, at.place, parts.partCharacters ?? PART_CHARACTERS);
      const record = sealRecord({
        ...{ sequence: Number(sequence) + 1, previous, at: at.at, schema: parts.schema },
        ...{ base: { part: at.part, parts: next === null ? at.part + 1 : null }, changes },
      });
      await sink.query("delete from journal_records where sequence < $1", [writer.last.sequence]);
      await sink.query("insert into journal_records (sequence, sha256, line) values ($1, $2, $3)", [
        ...[record.sequence, record.sha256, record.line],
      ]);
      return { record, next };
    });
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
    append,
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
    get wantsBase() {
      return failure === null && (base !== null || isLong({ baseBytes, bytesSinceBase }));
    },
    async writeBasePart(withDatabase) {
      if (failure !== null) throw failure;
      const { record, begun } = await withDatabase(async () => {
        const begun = base ?? beginBase(clock.nowMs());
        base = begun;
        const { record, next } = await sealPart(begun);
        // Before anything else is committed, and so before anything is appended after it.
        begun.from ??= record.sequence;
        begun.part += 1;
        begun.bytes += record.line.length;
        if (next === null) begun.end = record.sequence;
        else begun.place = next;
        return { record, begun };
      });
      await append(record);
      const { from, end } = begun;
      return from === null || end === null ? null : { from, last: { sequence: end, sha256: record.sha256 } };
    },
    async close() {
      await appending;
      await writer.close();
    },
  };
}
