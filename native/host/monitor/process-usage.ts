import type { ProcReader } from "../confinement/process-tree";

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
};

/** A process of no more than this that has not run since it was looked at is not looked into again. */
const SMALL_BYTES = 4 * 1024 * 1024;

/** Adds up a program's processes. Time that a process has used stays counted when it is gone. */
export function createTreeMeter(proc: ProcReader): TreeMeter {
  const seen = new Map<number, { cpuMs: number; residentBytes: number }>();
  const residentOf = (pid: number): number => residentBytesOfStatus(proc.read(`/proc/${pid}/status`) ?? "");
  return {
    read(pids) {
      let cpuMs = 0;
      let residentBytes = 0;
      for (const pid of pids) {
        const stat = proc.read(`/proc/${pid}/stat`);
        if (stat === undefined) continue;
        const used = cpuMsOfStat(stat);
        const before = seen.get(pid);
        const isSame = before !== undefined && before.cpuMs === used && before.residentBytes <= SMALL_BYTES;
        const now = isSame ? before : { cpuMs: used, residentBytes: residentOf(pid) };
        cpuMs += Math.max(0, used - (before?.cpuMs ?? 0));
        residentBytes += now.residentBytes;
        seen.set(pid, now);
      }
      return { cpuMs, residentBytes };
    },
    memoryBytes(pids) {
      const sizes = pids.map((pid) => {
        const rollup = proc.read(`/proc/${pid}/smaps_rollup`);
        return rollup === undefined ? 0 : Math.max(privateBytesOfRollup(rollup), residentOf(pid));
      });
      return sizes.reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}
