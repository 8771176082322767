import { describe, expect, it } from "vitest";
import type { ProcReader } from "../confinement/process-tree";
import { cpuMsOfStat, createTreeMeter, privateBytesOfRollup, residentBytesOfStatus } from "./process-usage";

const stat = (user: number, system: number, name = "node"): string =>
  `42 (${name}) S 1 1 1 0 -1 4194560 1 2 3 4 ${user} ${system} 7 8 20 0 11 0 99 100 200`;
const status = (anonymous: number, shared = 0): string =>
  `Name:\tnode\nVmRSS:\t 900 kB\nRssAnon:\t ${anonymous} kB\nRssFile:\t 500 kB\nRssShmem:\t ${shared} kB\nVmSwap:\t 5 kB\n`;
const rollup = (dirty: number): string =>
  `00-ff ---p 00:00 0 [rollup]\nRss:  900 kB\nShared_Clean:  500 kB\nPrivate_Clean:    3 kB\nPrivate_Dirty:    ${dirty} kB\nSwap:    2 kB\nSwapPss:  9 kB\n`;

/** `/proc` of a test: what is opened reads what is there at that moment; `open` counts what is open, `reads` what was read. */
function procOf(files: Record<string, string>) {
  const state = { open: 0, reads: [] as string[] };
  const read = (path: string): string | undefined => {
    state.reads.push(path);
    return files[path];
  };
  const proc: ProcReader = {
    read,
    link: () => undefined,
    open(path) {
      if (files[path] === undefined) return undefined;
      state.open += 1;
      return {
        read: () => read(path),
        close: () => {
          state.open -= 1;
        },
      };
    },
  };
  return { proc, state };
}

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
    const { proc, state } = procOf(files);
    const meter = createTreeMeter(proc);
    expect(meter.read([1, 2])).toEqual({ cpuMs: 350, residentBytes: 20 * 1024 });
    expect(meter.memoryBytes([1, 2])).toBe(40 * 1024);
    files["/proc/1/stat"] = stat(11, 0);
    files["/proc/2/stat"] = stat(21, 5);
    expect(meter.read([1, 2])).toEqual({ cpuMs: 20, residentBytes: 20 * 1024 });
    delete files["/proc/2/stat"];
    delete files["/proc/2/smaps_rollup"];
    expect(meter.read([1, 2])).toEqual({ cpuMs: 0, residentBytes: 9 * 1024 });
    expect(meter.memoryBytes([1, 2])).toBe(15 * 1024);
    // of a process that is gone nothing stays open, nor of any once nobody looks
    expect(state.open).toBe(2);
    expect(meter.read([])).toEqual({ cpuMs: 0, residentBytes: 0 });
    expect(state.open).toBe(0);
    meter.read([1]);
    meter.close();
    expect(state.open).toBe(0);
  });

  it("is left alone for four looks while it is small and has not run, and is seen again once it has", () => {
    const files: Record<string, string> = { "/proc/1/stat": stat(10, 0), "/proc/1/status": status(4) };
    const { proc, state } = procOf(files);
    const meter = createTreeMeter(proc);
    const looks = (times: number) => Array.from({ length: times }, () => meter.read([1]));
    expect(looks(7).every(({ residentBytes }) => residentBytes === 9 * 1024)).toBe(true);
    expect(state.reads).toEqual(["/proc/1/stat", "/proc/1/status", "/proc/1/stat", "/proc/1/stat"]);
    files["/proc/1/stat"] = stat(11, 0);
    files["/proc/1/status"] = status(8_000);
    // within five looks, and at each one from then on
    expect(looks(5).reduce((sum, { cpuMs }) => sum + cpuMs, 0)).toBe(10);
    expect(looks(3).every(({ residentBytes }) => residentBytes === 8_005 * 1024)).toBe(true);
  });

  it("is read at each look while it is no small one, of files that were opened once", () => {
    const files: Record<string, string> = { "/proc/1/stat": stat(10, 0), "/proc/1/status": status(50_000) };
    const { proc, state } = procOf(files);
    const meter = createTreeMeter(proc);
    for (let look = 1; look <= 5; look += 1) {
      // what it has is seen though it seems not to have run: its time is told in hundredths of a second
      files["/proc/1/status"] = status(50_000 + look);
      expect(meter.read([1])).toMatchObject({ residentBytes: (50_005 + look) * 1024 });
    }
    expect(state.open).toBe(2);
    expect(state.reads).toHaveLength(10);
  });

  it("does not hide in shared memory that is mapped twice", () => {
    const files: Record<string, string> = { "/proc/1/status": status(4, 786_432), "/proc/1/smaps_rollup": rollup(10) };
    const meter = createTreeMeter(procOf(files).proc);
    expect(meter.memoryBytes([1])).toBe((4 + 786_432 + 5) * 1024);
  });
});
