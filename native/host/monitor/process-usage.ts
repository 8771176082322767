import type { ProcFile, ProcReader } from "../confinement/process-tree";

/** Linux counts processor time for user space in hundredths of a second on every machine we run on. */
const MS_PER_TICK = 10;
const KIB = 1024;

/** User and system time out of `/proc/PID/stat`; the process's name may hold spaces and brackets. */
export function cpuMsOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Private pages, clean, dirty and swapped: what the process adds to the machine (spec §5, Limits). */
export function privateBytesOfRollup(rollup: string): number {
  return sumOfKib(rollup, /^(?:Private_Clean|Private_Dirty|Swap): +(\d+) kB$/gm);
}

/** What is the process's own or shared memory that it made, in memory or swapped; without pages of files. */
export function residentBytesOfStatus(status: string): number {
  return sumOfKib(status, /^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm);
}

function sumOfKib(text: string, counters: RegExp): number {
  let kib = 0;
  for (const match of text.matchAll(counters)) kib += Number(match[1]);
  return kib * KIB;
}

export type TreeMeter = {
  /** Processor time since the last reading of all processes together, and memory as far as it can be had for little. */
  read(pids: readonly number[]): { cpuMs: number; residentBytes: number };
  /**
   * What all of them add to the machine. The kernel walks all their pages for it, twenty times the price of `read`. Memory
   * that a process has mapped twice counts as no private page; what `read` sees of it is then the more.
   */
  memoryBytes(pids: readonly number[]): number;
  /** Nothing is read any more. */
  close(): void;
};

/** A process of no more than this that has not run between two looks is left alone for the next ones. */
const SMALL_BYTES = 4 * 1024 * 1024;
const LOOKS_LEFT_OUT = 4;

/** One process, by files that stay open: to open one costs more than to read it. */
type Watched = { stat: ProcFile; status: ProcFile; cpuMs: number; residentBytes: number; leftOut: number };

/** Adds up a program's processes. Time that a process has used stays counted when it is gone. */
export function createTreeMeter(proc: Pick<ProcReader, "read" | "open">): TreeMeter {
  const watched = new Map<number, Watched>();

  const watch = (pid: number): Watched | undefined => {
    const stat = proc.open(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    const status = proc.open(`/proc/${pid}/status`);
    if (status === undefined) {
      stat.close();
      return undefined;
    }
    const found = { stat, status, cpuMs: 0, residentBytes: Number.POSITIVE_INFINITY, leftOut: 0 };
    watched.set(pid, found);
    return found;
  };
  const forget = (pid: number): void => {
    const gone = watched.get(pid);
    watched.delete(pid);
    gone?.stat.close();
    gone?.status.close();
  };
  /** Processor time since it was last asked; undefined where the process is gone. */
  const look = (process: Watched): number | undefined => {
    if (process.leftOut > 0) {
      process.leftOut -= 1;
      return 0;
    }
    const stat = process.stat.read();
    if (stat === undefined) return undefined;
    const cpuMs = cpuMsOfStat(stat);
    const usedMs = Math.max(0, cpuMs - process.cpuMs);
    process.cpuMs = cpuMs;
    if (usedMs > 0 || process.residentBytes > SMALL_BYTES) {
      process.residentBytes = residentBytesOfStatus(process.status.read() ?? "");
    } else {
      process.leftOut = LOOKS_LEFT_OUT;
    }
    return usedMs;
  };

  return {
    read(pids) {
      for (const pid of watched.keys()) if (!pids.includes(pid)) forget(pid);
      let cpuMs = 0;
      let residentBytes = 0;
      for (const pid of pids) {
        const process = watched.get(pid) ?? watch(pid);
        const usedMs = process && look(process);
        if (process === undefined || usedMs === undefined) {
          forget(pid);
          continue;
        }
        cpuMs += usedMs;
        residentBytes += process.residentBytes;
      }
      return { cpuMs, residentBytes };
    },
    memoryBytes(pids) {
      const sizes = pids.map((pid) => {
        const rollup = proc.read(`/proc/${pid}/smaps_rollup`);
        if (rollup === undefined) return 0;
        return Math.max(privateBytesOfRollup(rollup), residentBytesOfStatus(proc.read(`/proc/${pid}/status`) ?? ""));
      });
      return sizes.reduce((sum, bytes) => sum + bytes, 0);
    },
    close() {
      for (const pid of watched.keys()) forget(pid);
    },
  };
}
