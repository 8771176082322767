import { join } from "node:path";
import {
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
      last: { sequence: number; sha256: string };
      records: number;
      /** Where rebuilding begins: the newest whole base, or the first record of all. Null when neither is there. */
      rebuildFrom: number | null;
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

type Walked = SealedRecord & { entry: JournalEntry };

/**
 * Every record in order. A record may begin a journal when it is the first of all or the first part of a base; each
 * other one must name its predecessor. What is not whole at the end of a segment was never acknowledged and is passed
 * over, unless whole records follow it; the next segment must go on where the whole ones end, or repeat the last.
 */
async function* walk(fs: JournalFs, folder: string, seen: { tornBytes: number }): AsyncGenerator<Walked> {
  const segments = (await fs.list(folder)).filter((name) => SEGMENT.test(name)).sort();
  let last = null as { sequence: number; sha256: string } | null;
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
      offset = frame.end;
      if (frame.sequence === last?.sequence && frame.sha256 === last.sha256) continue;
      const entry = parseRecord(frame.line);
      const follows: boolean =
        last === null
          ? entry?.base?.part === 0 || (entry?.sequence === 1 && entry.previous === JOURNAL_START)
          : entry?.sequence === last.sequence + 1 && entry.previous === last.sha256;
      if (entry === null || !follows) throw new JournalDamage(last?.sequence ?? 0, segment);
      last = { sequence: frame.sequence, sha256: frame.sha256 };
      yield { ...last, line: frame.line, entry };
    }
  }
}

/** Reads a journal whole and says what it holds. Failures of the file system are raised as they are. */
export async function scanJournal(fs: JournalFs, folder: string, wantedSequence = 0): Promise<JournalScan> {
  const seen = { tornBytes: 0 };
  let first = 0;
  let rebuildFrom: number | null = null;
  let baseFrom = 0;
  let records = 0;
  let wantedSha256: string | null = null;
  let last: { sequence: number; sha256: string } | null = null;
  try {
    for await (const { sequence, sha256, entry } of walk(fs, folder, seen)) {
      if (records === 0) {
        first = sequence;
        if (entry.base === undefined) rebuildFrom = sequence;
      }
      records += 1;
      last = { sequence, sha256 };
      if (sequence === wantedSequence) wantedSha256 = sha256;
      if (entry.base?.part === 0) baseFrom = sequence;
      if (entry.base !== undefined && entry.base.part === entry.base.parts - 1) rebuildFrom = baseFrom;
    }
  } catch (error) {
    if (!(error instanceof JournalDamage)) throw error;
    return { state: "damaged", afterSequence: error.afterSequence, segment: error.segment };
  }
  if (last === null) return { state: "empty", tornBytes: seen.tornBytes };
  return { state: "whole", first, last, records, rebuildFrom, tornBytes: seen.tornBytes, wantedSha256 };
}

/** Records from a sequence on, of a journal that was scanned whole. */
export async function* readJournal(fs: JournalFs, folder: string, fromSequence: number): AsyncGenerator<Walked> {
  for await (const record of walk(fs, folder, { tornBytes: 0 })) if (record.sequence >= fromSequence) yield record;
}
