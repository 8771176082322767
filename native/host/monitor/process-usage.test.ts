import { describe, expect, it } from "vitest";
import type { ProcReader } from "../confinement/process-tree";
import { cpuMsOfStat, createTreeMeter, privateBytesOfRollup, residentBytesOfStatus } from "./process-usage";

const stat = (user: number, system: number, name = "node"): string =>
  `42 (${name}) S 1 1 1 0 -1 4194560 1 2 3 4 ${user} ${system} 7 8 20 0 11 0 99 100 200`;
const status = (anonymous: number, shared = 0): string =>
  `Name:\tnode\nVmRSS:\t 900 kB\nRssAnon:\t ${anonymous} kB\nRssFile:\t 500 kB\nRssShmem:\t ${shared} kB\nVmSwap:\t 5 kB\n`;
const rollup = (dirty: number): string =>
  `00-ff ---p 00:00 0 [rollup]\nRss:  900 kB\nShared_Clean:  500 kB\nPrivate_Clean:    3 kB\nPrivate_Dirty:    ${dirty} kB\nSwap:    2 kB\nSwapPss:  9 kB\n`;

describe("what a process uses", () => {
  it("is read past a name made to look like fields", () => {
    expect(cpuMsOfStat(stat(5, 7, "x) R 1 1 1 0 -1 1 1 1 1 1 900 900"))).toBe(120);
  });

  it("is its private pages, clean, dirty and swapped, and no shared ones", () => {
    expect(privateBytesOfRollup(rollup(10))).toBe(15 * 1024);
  });

  it("is told for little by what it made itself, shared memory and what was swapped among it", () => {
    expect(residentBytesOfStatus(status(10, 20))).toBe(35 * 1024);
  });

  it("adds up over a program's processes, as increments of time and as memory of the moment", () => {
    const files: Record<string, string> = {
      "/proc/1/stat": stat(10, 0),
      "/proc/1/status": status(4),
      "/proc/1/smaps_rollup": rollup(10),
      "/proc/2/stat": stat(20, 5),
      "/proc/2/status": status(6),
      "/proc/2/smaps_rollup": rollup(20),
    };
    const proc: ProcReader = { read: (path) => files[path], link: () => undefined };
    const meter = createTreeMeter(proc);
    expect(meter.read([1, 2])).toEqual({ cpuMs: 350, residentBytes: 20 * 1024 });
    expect(meter.memoryBytes([1, 2])).toBe(40 * 1024);
    files["/proc/2/stat"] = stat(21, 5);
    expect(meter.read([1, 2])).toEqual({ cpuMs: 10, residentBytes: 20 * 1024 });
    delete files["/proc/2/stat"];
    delete files["/proc/2/smaps_rollup"];
    expect(meter.read([1, 2])).toEqual({ cpuMs: 0, residentBytes: 9 * 1024 });
    expect(meter.memoryBytes([1, 2])).toBe(15 * 1024);
  });

  it("is not looked into again while it is small and has not run, and is again once it has", () => {
    const files: Record<string, string> = { "/proc/1/stat": stat(10, 0), "/proc/1/status": status(4) };
    const asked: string[] = [];
    const proc: ProcReader = {
      read: (path) => {
        asked.push(path);
        return files[path];
      },
      link: () => undefined,
    };
    const meter = createTreeMeter(proc);
    for (let look = 0; look < 3; look += 1) expect(meter.read([1]).residentBytes).toBe(9 * 1024);
    expect(asked.filter((path) => path.endsWith("status"))).toHaveLength(1);
    files["/proc/1/stat"] = stat(11, 0);
    files["/proc/1/status"] = status(8_000);
    for (let look = 0; look < 3; look += 1) expect(meter.read([1]).residentBytes).toBe(8_005 * 1024);
    expect(asked.filter((path) => path.endsWith("status"))).toHaveLength(4);
  });

  it("does not hide in shared memory that is mapped twice", () => {
    const files: Record<string, string> = { "/proc/1/status": status(4, 786_432), "/proc/1/smaps_rollup": rollup(10) };
    const meter = createTreeMeter({ read: (path) => files[path], link: () => undefined });
    expect(meter.memoryBytes([1])).toBe((4 + 786_432 + 5) * 1024);
  });
});
