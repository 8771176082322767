import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "@/lib/platform/clock";
import { makePrivateFolder, syncFolder } from "@/lib/platform/private-file";

/** Beside the store in a data folder: no statement reaches it. */
export const HEADS_FOLDER = "audit-heads";
const DAY_FILE = /^\d{4}-\d{2}-\d{2}\.jsonl$/;

const whole = z.int().min(0);
const keptShape = z.object({ sequence: whole, sha256: z.string(), jws: z.string() });
/**
 * Entries from `fromSequence` on are lost, and somebody with the data folder in hand said so: a restore, or whoever
 * admitted it, in the entry `entrySequence` of the log that goes on. Heads of them that stand before this line contradict
 * nothing.
 */
const lossShape = z.object({ fromSequence: whole, entrySequence: whole, at: z.iso.datetime(), because: z.string() });
const lineShape = z.union([z.strictObject({ head: keptShape }), z.strictObject({ loss: lossShape })]);

export type KeptHead = z.infer<typeof keptShape>;
export type KeptLoss = z.infer<typeof lossShape>;
export type HeadLine = { head: KeptHead } | { loss: KeptLoss };

/** What the files of the days say, in the order in which it was written. */
export type HeadRecord = HeadLine | { torn: { file: string; line: number } };

/** What the files need of a file system; tests let its operations fail. */
export type HeadFs = {
  /** Names in a folder, unsorted; none where there is no folder. */
  list(folder: string): Promise<string[]>;
  read(path: string): Promise<string>;
  /** Appends to a file of its owner's alone, made where there is none; on the disk when it resolves. */
  append(folder: string, name: string, text: string): Promise<void>;
};

export const nodeHeadFs: HeadFs = {
  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  },
  read: (path) => readFile(path, "utf8"),
  async append(folder, name, text) {
    await makePrivateFolder(folder);
    const handle = await open(join(folder, name), "a+", 0o600);
    try {
      const { size } = await handle.stat();
      const { buffer } =
        size === 0 ? { buffer: Buffer.from("\n") } : await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      // What a power loss left unfinished stays a line of its own.
      await handle.writeFile(buffer.toString() === "\n" ? text : `\n${text}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(folder);
  },
};

/**
 * Heads of the audit log outside the database: a file a day (UTC) of JSON lines, only ever appended to, its owner's alone.
 * A line that is no record, as a power loss leaves one at the end, is told and passed over.
 */
export type HeadFiles = {
  folder: string;
  /** Writes into today's file, and syncs it. Raises what the file system raises. */
  append(lines: readonly HeadLine[]): Promise<void>;
  /** Everything, the oldest day first. */
  read(): AsyncGenerator<HeadRecord>;
  /** The newest head that no later line calls lost, and the newest loss behind it; looks at the newest days alone. */
  last(): Promise<LastKept>;
};
export type LastKept = { head: KeptHead | null; loss: KeptLoss | null };

function readLines(text: string, file: string): HeadRecord[] {
  return text.split("\n").flatMap((line, index): HeadRecord[] => {
    if (line === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return [{ torn: { file, line: index + 1 } }];
    }
    const read = lineShape.safeParse(value);
    return [read.success ? read.data : { torn: { file, line: index + 1 } }];
  });
}

/** All that the files say, in memory. Raises what the file system raises. */
export async function readHeadRecords(files: HeadFiles): Promise<HeadRecord[]> {
  const records: HeadRecord[] = [];
  for await (const record of files.read()) records.push(record);
  return records;
}

/** Takes out the heads that a later line calls lost. */
export function withoutLost(records: readonly HeadRecord[]): KeptHead[] {
  let heads: KeptHead[] = [];
  for (const record of records) {
    if ("head" in record) heads.push(record.head);
    if ("loss" in record) heads = heads.filter(({ sequence }) => sequence < record.loss.fromSequence);
  }
  return heads;
}

export function createHeadFiles(dataDir: string, clock: Clock, fs: HeadFs = nodeHeadFs): HeadFiles {
  const folder = join(dataDir, HEADS_FOLDER);
  const days = async () => (await fs.list(folder)).filter((name) => DAY_FILE.test(name)).sort();
  return {
    folder,
    async append(lines) {
      if (lines.length === 0) return;
      const name = `${new Date(clock.nowMs()).toISOString().slice(0, 10)}.jsonl`;
      await fs.append(folder, name, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    },
    async *read() {
      for (const name of await days()) yield* readLines(await fs.read(join(folder, name)), name);
    },
    async last() {
      let later: HeadRecord[] = [];
      for (const name of (await days()).reverse()) {
        later = [...readLines(await fs.read(join(folder, name)), name), ...later];
        const head = withoutLost(later).reduce<KeptHead | null>(
          (max, one) => (max === null || one.sequence >= max.sequence ? one : max),
          null,
        );
        if (head !== null) return { head, loss: newestLoss(later) };
      }
      return { head: null, loss: newestLoss(later) };
    },
  };
}

function newestLoss(records: readonly HeadRecord[]): KeptLoss | null {
  const found = records.findLast((record) => "loss" in record);
  return found !== undefined && "loss" in found ? found.loss : null;
}
