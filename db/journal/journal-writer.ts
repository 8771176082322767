import { join } from "node:path";
import { invariant } from "@/lib/platform/errors";
import { frameRecord, type SealedRecord } from "./journal-frame";
import type { JournalFile, JournalFs } from "./journal-fs";
import { segmentName } from "./read-journal";

const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
/** What a trial writes; no segment's name, so no reader looks at it. */
const TRIAL = "trial";
/** As long as a short record: a disk without a block left fails. */
const TRIAL_BYTES = Buffer.alloc(4096, "\n");

export type JournalWriter = {
  /** The last record that is on disk. */
  readonly last: { sequence: number; sha256: string };
  /**
   * Appends the successor of `last` and resolves when it is on disk. Raises what the file system raised; the record may
   * then be there or not, and the next one goes into a file of its own, because a failed sync says nothing about what
   * a later one in the same file promises.
   */
  append(record: SealedRecord): Promise<void>;
  /** Does on a file of its own what an append does, and removes it. Raises what the file system raises. */
  tryOut(): Promise<void>;
  close(): Promise<void>;
};

/** One caller at a time. Segments that exist are never written to again. */
export function createJournalWriter(
  fs: JournalFs,
  folder: string,
  start: { sequence: number; sha256: string },
): JournalWriter {
  let last = start;
  let segment: { file: JournalFile; path: string; bytes: number } | null = null;

  async function begin(sequence: number): Promise<{ file: JournalFile; path: string; bytes: number }> {
    await fs.makeFolder(folder);
    const taken = new Set(await fs.list(folder));
    let attempt = 0;
    while (taken.has(segmentName(sequence, attempt))) attempt += 1;
    const path = join(folder, segmentName(sequence, attempt));
    const file = await fs.create(path);
    segment = { file, path, bytes: 0 };
    await fs.syncFolder(folder);
    return segment;
  }

  async function abandon(): Promise<void> {
    const left = segment;
    segment = null;
    if (left === null) return;
    // Both are tidying up after a failure that is raised already; a file that stays is read as an unfinished end.
    await left.file.close().catch(() => undefined);
    if (left.bytes === 0) await fs.remove(left.path).catch(() => undefined);
  }

  return {
    get last() {
      return last;
    },
    async append(record) {
      invariant(record.sequence === last.sequence + 1, "a record of the journal must follow the last one");
      try {
        if (segment !== null && segment.bytes >= SEGMENT_BYTES_MAX) {
          await segment.file.close();
          segment = null;
        }
        const open = segment ?? (await begin(record.sequence));
        const frame = frameRecord(record);
        await open.file.write(frame);
        await open.file.sync();
        open.bytes += frame.length;
        last = { sequence: record.sequence, sha256: record.sha256 };
      } catch (error) {
        await abandon();
        throw error;
      }
    },
    async tryOut() {
      const path = join(folder, TRIAL);
      // Later a folder that is gone is not made again: its records are gone with it.
      if (last.sequence === 0) await fs.makeFolder(folder);
      // Left by a process that was killed.
      if ((await fs.list(folder)).includes(TRIAL)) await fs.remove(path);
      const file = await fs.create(path);
      try {
        await file.write(TRIAL_BYTES);
        await file.sync();
      } finally {
        await file.close();
        await fs.remove(path);
      }
      await fs.syncFolder(folder);
    },
    async close() {
      const left = segment;
      segment = null;
      await left?.file.close();
    },
  };
}
