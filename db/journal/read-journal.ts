import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import {
  endsBase,
  hasFrameBehind,
  JOURNAL_START,
  type JournalEntry,
  parseRecord,
  readFrame,
  type SealedRecord,
} from "./journal-frame";
import type { JournalFs } from "./journal-fs";

/** What lies in a journal. `damaged` says that records which were on disk once are not there any more. */
export type JournalScan =
  | { state: "empty"; tornBytes: number }
  | {
      state: "whole";
      first: number;
      /** The digest that the first record names as its predecessor's. */
      firstPrevious: string;
      last: { sequence: number; sha256: string };
      records: number;
      /** Where rebuilding begins: the newest whole base, or the first record of all. Null when neither is there. */
      rebuildFrom: number | null;
      /** The schema of the records from there on; null for the first released one. */
      schema: number | null;
      /** Bytes of the newest base, and of what was appended since it began (or of all, where there is none). */
      baseBytes: number;
      bytesSinceBase: number;
      /** Bytes of an unfinished record at the end; it was never acknowledged. */
      tornBytes: number;
      /** The digest of the record asked for; null when the journal does not hold it. */
      wantedSha256: string | null;
    }
  | { state: "damaged"; afterSequence: number; segment: string };

/** Segments are named by the sequence of their first record and by the attempt at writing it. */
export function segmentName(sequence: number, attempt: number): string {
  return `${String(sequence).padStart(16, "0")}-${String(attempt).padStart(4, "0")}.journal`;
}
const SEGMENT = /^\d{16}-\d{4}\.journal$/;

class JournalDamage extends Error {
  constructor(
    readonly afterSequence: number,
    readonly segment: string,
  ) {
    super(`the journal is damaged after record ${afterSequence} in ${segment}`);
  }
}

/** Bytes that are looked at in one turn of the event loop: whoever is asked meanwhile waits for no more. */
const BYTES_A_TURN = 256 * 1024;

type Walked = SealedRecord & { entry: JournalEntry; bytes: number };

/**
 * Every record in order. A record may begin a journal when it is the first of all or the first part of a base; each
 * other one must name its predecessor. What is not whole at the end of a segment was never acknowledged and is passed
 * over, unless whole records follow it; the next segment must go on where the whole ones end, or repeat the last.
 */
async function* walk(
  fs: JournalFs,
  folder: string,
  segments: readonly string[],
  seen: { tornBytes: number },
): AsyncGenerator<Walked> {
  let last = null as { sequence: number; sha256: string } | null;
  let bytesThisTurn = 0;
  for (const segment of segments) {
    const data = await fs.read(join(folder, segment));
    let offset = 0;
    seen.tornBytes = 0;
    while (offset < data.length) {
      const frame = readFrame(data, offset);
      if (frame === null) {
        if (hasFrameBehind(data, offset)) throw new JournalDamage(last?.sequence ?? 0, segment);
        seen.tornBytes = data.length - offset;
        break;
      }
      const bytes = frame.end - offset;
      offset = frame.end;
      bytesThisTurn += bytes;
      if (bytesThisTurn > BYTES_A_TURN) {
        bytesThisTurn = 0;
        await turn();
      }
      if (frame.sequence === last?.sequence && frame.sha256 === last.sha256) continue;
      const entry = parseRecord(frame.line);
      const follows: boolean =
        last === null
          ? entry?.base?.part === 0 || (entry?.sequence === 1 && entry.previous === JOURNAL_START)
          : entry?.sequence === last.sequence + 1 && entry.previous === last.sha256;
      if (entry === null || !follows) throw new JournalDamage(last?.sequence ?? 0, segment);
      last = { sequence: frame.sequence, sha256: frame.sha256 };
      yield { ...last, line: frame.line, entry, bytes };
    }
  }
}

/**
 * The segments that count: from the newest one that begins with a whole base. What lies before it is over, whatever is
 * left of it; without such a base all of them count.
 */
async function segmentsThatCount(fs: JournalFs, folder: string): Promise<string[]> {
  const segments = (await fs.list(folder)).filter((name) => SEGMENT.test(name)).sort();
  for (let from = segments.length - 1; from > 0; from -= 1) {
    if (await beginsWithBase(fs, folder, segments.slice(from))) return segments.slice(from);
  }
  return segments;
}

async function beginsWithBase(fs: JournalFs, folder: string, segments: readonly string[]): Promise<boolean> {
  let parts = 0;
  try {
    for await (const { entry } of walk(fs, folder, segments, { tornBytes: 0 })) {
      if (parts === 0 && entry.base === undefined) return false;
      if (entry.base === undefined) continue;
      // Another one that begins: this one was never finished.
      if (entry.base.part !== parts) return false;
      if (endsBase(entry)) return true;
      parts += 1;
    }
  } catch (error) {
    if (!(error instanceof JournalDamage)) throw error;
  }
  return false;
}

/** Reads a journal whole and says what it holds. Failures of the file system are raised as they are. */
export async function scanJournal(fs: JournalFs, folder: string, wantedSequence = 0): Promise<JournalScan> {
  const seen = { tornBytes: 0 };
  const whole = {
    first: 0,
    firstPrevious: JOURNAL_START,
    rebuildFrom: null as number | null,
    schema: null as number | null,
    baseBytes: 0,
    bytesSinceBase: 0,
    records: 0,
    wantedSha256: null as string | null,
  };
  let base = { from: 0, bytes: 0, bytesBefore: 0, schema: null as number | null };
  let last: { sequence: number; sha256: string } | null = null;
  try {
    for await (const { sequence, sha256, entry, bytes } of walk(
      fs,
      folder,
      await segmentsThatCount(fs, folder),
      seen,
    )) {
      if (whole.records === 0) {
        whole.first = sequence;
        whole.firstPrevious = entry.previous;
        if (entry.base === undefined) Object.assign(whole, { rebuildFrom: sequence, schema: entry.schema ?? null });
      }
      whole.records += 1;
      whole.bytesSinceBase += bytes;
      last = { sequence, sha256 };
      if (sequence === wantedSequence) whole.wantedSha256 = sha256;
      if (entry.base === undefined) continue;
      if (entry.base.part === 0) {
        const bytesBefore = whole.bytesSinceBase - bytes;
        base = { from: sequence, bytes: 0, bytesBefore, schema: entry.schema ?? null };
      }
      base.bytes += bytes;
      if (!endsBase(entry)) continue;
      Object.assign(whole, {
        rebuildFrom: base.from,
        schema: base.schema,
        baseBytes: base.bytes,
        bytesSinceBase: whole.bytesSinceBase - base.bytesBefore - base.bytes,
      });
    }
  } catch (error) {
    if (!(error instanceof JournalDamage)) throw error;
    return { state: "damaged", afterSequence: error.afterSequence, segment: error.segment };
  }
  if (last === null) return { state: "empty", tornBytes: seen.tornBytes };
  return { state: "whole", ...whole, last, tornBytes: seen.tornBytes };
}

/** Records from a sequence on, of a journal that was scanned whole. */
export async function* readJournal(fs: JournalFs, folder: string, fromSequence: number): AsyncGenerator<Walked> {
  const segments = await segmentsThatCount(fs, folder);
  for await (const record of walk(fs, folder, segments, { tornBytes: 0 })) {
    if (record.sequence >= fromSequence) yield record;
  }
}

/** Removes the segments before the one that begins with `sequence`, oldest first: what is left begins with a base. */
export async function dropSegmentsBefore(fs: JournalFs, folder: string, sequence: number): Promise<void> {
  const segments = (await fs.list(folder)).filter((name) => SEGMENT.test(name)).sort();
  const over = segments.filter((name) => name < segmentName(sequence, 0));
  for (const name of over) await fs.remove(join(folder, name));
  if (over.length > 0) await fs.syncFolder(folder);
}
