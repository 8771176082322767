import type { Timers } from "./timers";

/** Writes as much as is taken now, and never waits: raises EAGAIN where nothing is. Answers how many bytes were taken. */
export type WriteNow = (bytes: Uint8Array) => number;

export type LogWriter = {
  /** Writes a line, or keeps it until it is taken; where too much is kept already the line is lost, and counted. */
  write(line: string): void;
  /**
   * Writes what is kept, and waits for its reader for a fifth of a second at most: for the end of a process. What is not
   * taken by then is lost. `pause` holds the thread up.
   */
  flush(pause: (ms: number) => void): void;
};

/** What is kept for whoever reads the log more slowly than it is written. */
const BYTES_MAX = 1024 * 1024;
const AGAIN_MS = 50;
const FLUSH = { pauseMs: 5, pauses: 40 } as const;

/**
 * Writes lines in their order without ever waiting for their reader: a log that nobody reads must hold nothing up. How many
 * lines were lost stands where they are missing, as `lostLine` says it.
 */
export function createLogWriter(
  writeNow: WriteNow,
  timers: Timers,
  lostLine: (count: number) => string,
  bytesMax = BYTES_MAX,
): LogWriter {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let lost = 0;
  let isWaiting = false;

  function keep(text: string): void {
    const bytes = Buffer.from(text);
    kept.push(bytes);
    keptBytes += bytes.byteLength;
  }

  function tellLost(): void {
    if (lost === 0) return;
    const count = lost;
    lost = 0;
    keep(lostLine(count));
  }

  /** False where the rest has to wait. */
  function writeKept(): boolean {
    for (let [first] = kept; first !== undefined; [first] = kept) {
      let taken: number;
      try {
        taken = writeNow(first);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        // Closed, or the disk is full: there is nobody to tell, until there is again.
        taken = first.byteLength;
        lost += 1;
      }
      keptBytes -= taken;
      if (taken < first.byteLength) kept[0] = first.subarray(taken);
      else kept.shift();
    }
    return true;
  }

  function go(): void {
    if (isWaiting) return;
    if (writeKept()) return;
    isWaiting = true;
    timers.after(AGAIN_MS, () => {
      isWaiting = false;
      // What was lost while all of it was kept is told now, though nobody may write again.
      if (keptBytes < bytesMax / 2) tellLost();
      go();
    });
  }

  return {
    write(line) {
      if (keptBytes + Buffer.byteLength(line) > bytesMax) {
        lost += 1;
        return;
      }
      tellLost();
      keep(line);
      go();
    },
    flush(pause) {
      tellLost();
      for (let pauses = 0; !writeKept() && pauses < FLUSH.pauses; pauses += 1) pause(FLUSH.pauseMs);
    },
  };
}
