import type { ProcReader } from "../confinement/process-tree";

/** Linux counts processor time for user space in hundredths of a second on every machine we run on. */
const MS_PER_TICK = 10;
const KIB = 1024;

export type ProcessUsage = {
  /** Since the start of the process. */
  cpuMs: number;
  /** Private pages, clean, dirty and swapped: what the process adds to the machine (spec §5, Limits). */
  memoryBytes: number;
};

/** User and system time out of `/proc/PID/stat`; the process's name may hold spaces and brackets. */
export function cpuMsOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

export function privateBytesOfRollup(rollup: string): number {
  let kib = 0;
  for (const match of rollup.matchAll(/^(?:Private_Clean|Private_Dirty|Swap): +(\d+) kB$/gm)) kib += Number(match[1]);
  return kib * KIB;
}

/** Undefined once the process is gone. */
export function readProcessUsage(proc: ProcReader, pid: number): ProcessUsage | undefined {
  const stat = proc.read(`/proc/${pid}/stat`);
  const rollup = proc.read(`/proc/${pid}/smaps_rollup`);
  if (stat === undefined || rollup === undefined) return undefined;
  return { cpuMs: cpuMsOfStat(stat), memoryBytes: privateBytesOfRollup(rollup) };
}

export type TreeMeter = {
  /** Processor time since the last reading, and the memory of this moment, of all processes together. */
  read(pids: readonly number[]): { cpuMs: number; memoryBytes: number };
};

/** Adds up a program's processes. Time that a process has used stays counted when it is gone. */
export function createTreeMeter(proc: ProcReader): TreeMeter {
  const seen = new Map<number, number>();
  return {
    read(pids) {
      let cpuMs = 0;
      let memoryBytes = 0;
      for (const pid of pids) {
        const usage = readProcessUsage(proc, pid);
        if (usage === undefined) continue;
        cpuMs += Math.max(0, usage.cpuMs - (seen.get(pid) ?? 0));
        seen.set(pid, usage.cpuMs);
        memoryBytes += usage.memoryBytes;
      }
      return { cpuMs, memoryBytes };
    },
  };
}
