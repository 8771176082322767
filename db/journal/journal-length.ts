/** Bytes of a journal's newest base, and of what was appended since (of all, where there is none). */
export type JournalLength = { baseBytes: number; bytesSinceBase: number };

/** A journal begins again when what was appended since its base is longer than this, and than four times the base. */
const BYTES_SINCE_BASE_MAX = 8 * 1024 * 1024;

export function isLong({ baseBytes, bytesSinceBase }: JournalLength): boolean {
  return bytesSinceBase > Math.max(BYTES_SINCE_BASE_MAX, 4 * baseBytes);
}

/**
 * A base reads every row, and until it is on disk nothing else is written or read: about 40 ms a megabyte. Rows beyond
 * this wait for the next start, so that a suspension never waits for more than a second or two.
 */
export const BASE_BYTES_MAX_WHILE_RUNNING = 32 * 1024 * 1024;
