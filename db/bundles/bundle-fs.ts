import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type JournalFs, nodeJournalFs } from "../journal/journal-fs";

/** What bundles need of a file system; tests let any of its operations fail. */
export type BundleFs = JournalFs & {
  /** Null where there is no such file. */
  stat(path: string): Promise<{ sizeBytes: number; modifiedMs: number } | null>;
  /** The bytes in order, read as they are asked for. */
  stream(path: string): AsyncIterable<Uint8Array>;
};

/** Small enough that no piece of work over one of them is felt, large enough that a bundle is a few hundred. */
const PIECE_BYTES = 128 * 1024;

export const nodeBundleFs: BundleFs = {
  ...nodeJournalFs,
  async stat(path) {
    try {
      const { size, mtimeMs } = await stat(path);
      return { sizeBytes: size, modifiedMs: mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  },
  // Opened when it is read, so that nobody has to close what nobody reads.
  async *stream(path) {
    yield* createReadStream(path, { highWaterMark: PIECE_BYTES });
  },
};
