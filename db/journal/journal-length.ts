/** Bytes of a journal's newest base, and of what was appended since it began (of all, where there is none). */
export type JournalLength = { baseBytes: number; bytesSinceBase: number };

/** A journal begins again when what was appended since its base is longer than this, and than four times the base. */
const BYTES_SINCE_BASE_MAX = 8 * 1024 * 1024;

export function isLong({ baseBytes, bytesSinceBase }: JournalLength): boolean {
  return bytesSinceBase > Math.max(BYTES_SINCE_BASE_MAX, 4 * baseBytes);
}
