import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { SHIPPED_LIMITS } from "../../../core/limits/effective-limits";
import { requireConfinement } from "../../confinement/require-confinement";
import { budgetOfTest } from "../../storage/testing/budget-of-test";
import { openProgramFiles } from "../program-files";
import { policyOf, startTestProgram, type TestProgram, type TestProgramOptions } from "../testing/program-bench";
import { EXHAUSTING, REACHING_OUT } from "./hostile-programs";

const { available } = await requireConfinement("hostile programs");
const running: TestProgram[] = [];
const MIB = 1024 * 1024;

async function start(source: string, options?: TestProgramOptions): Promise<TestProgram> {
  const program = await startTestProgram(source, options);
  running.push(program);
  return program;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.dispose()));
});

const crossings = ({ recorded }: TestProgram): string[] =>
  recorded.events
    .filter((event) => event.type === "limit_crossed")
    .map((event) => `${event.detail?.limit} ${event.detail?.action}`);

/** A well-behaved neighbour, whose calls must go on being answered. */
const GOOD = `for (let call = 0; call < 20; call += 1) {
    await bulkhead.device.info();
    await new Promise((go) => setTimeout(go, 50));
  }
  console.log("good");`;

describe.runIf(available)("a program that reaches out of its machine", () => {
  it.each(REACHING_OUT)("$name is refused, seen, and harms nobody", async ({ source, denied, event }) => {
    const program = await start(source, {
      policy: policyOf({ program: { limits: { bridgeCallsPerSecond: { max: 1_000, action: "warn" } } } }),
    });
    await program.line("tried");
    expect(program.lines().filter((line) => /^(?:ESCAPED|Uncaught(?! Error: storm |: \d+ more))/.test(line))).toEqual(
      [],
    );
    if (denied !== undefined) {
      expect(program.recorded.events).toContainEqual(expect.objectContaining({ code: denied, type: event }));
    }
    expect(program.recorded.requests).toEqual([]);
  });
});

describe.runIf(available)("a program that takes more than its share", () => {
  it("15-cpu-spin is held back to its share, and lives", async () => {
    const program = await start(EXHAUSTING.cpuSpin, {
      policy: policyOf({ program: { limits: { cpuMsPerMinute: { max: 600, action: "throttle" } } } }),
    });
    const usedBefore = await untilEvent(program, "cpuMsPerMinute throttle").then(() => program.sum("cpuMs"));
    const from = performance.now();
    await passed(2_000);
    const share = (program.sum("cpuMs") - usedBefore) / (performance.now() - from);
    expect(share).toBeLessThan(0.1);
    // told to its end only once it is over: looks come when they can
    await program.program.stop("stopped");
    expect(program.sum("throttledMs")).toBeGreaterThan(1_500);
  });

  it("15-cpu-spin that no limit ends is ended by its turn, and says which of its times it was, and the most that it has", async () => {
    const program = await start(EXHAUSTING.cpuSpin, {
      policy: policyOf({ program: { limits: { cpuMsPerMinute: { max: 60_000, action: "warn" } } } }),
    });
    const says = expect.stringMatching(
      /^a turn took \d+ ms (?:of processor time; at most 5000|on the clock; at most 30000)$/,
    );
    expect(await program.program.ended).toEqual({ reason: "crashed", says, detail: { fault: "turnTooLong" } });
    expect(program.recorded.events).toContainEqual(
      expect.objectContaining({ type: "crashed", detail: { reason: "crashed", fault: "turnTooLong" } }),
    );
  });

  it("15-cpu-spin is killed where its limit says so", async () => {
    const program = await start(EXHAUSTING.cpuSpin, {
      policy: policyOf({ program: { limits: { cpuMsPerMinute: { max: 600, action: "kill" } } } }),
    });
    expect(await program.program.ended).toMatchObject({
      ...{ reason: "limit", says: expect.stringMatching(/^cpuMsPerMinute was \d+; at most 600$/) },
      detail: { limit: "cpuMsPerMinute", max: 600 },
    });
    expect(crossings(program)).toEqual(["cpuMsPerMinute warn", "cpuMsPerMinute kill"]);
    expect(program.recorded.events).toContainEqual(
      expect.objectContaining({
        type: "killed",
        detail: expect.objectContaining({ reason: "limit", limit: "cpuMsPerMinute" }),
      }),
    );
  });

  it("15-cpu-spin stands still where its limit suspends it", async () => {
    const program = await start(EXHAUSTING.cpuSpin, {
      policy: policyOf({ program: { limits: { cpuMsPerMinute: { max: 600, action: "suspend" } } } }),
    });
    await untilEvent(program, "cpuMsPerMinute suspend");
    // What it used between the last look and the stop is told late; a program that ran on would use more each second.
    const usedInASecond = async () => {
      const before = program.sum("cpuMs");
      await passed(1_000);
      return program.sum("cpuMs") - before;
    };
    await expect.poll(usedInASecond).toBe(0);
  });

  it.each(["alloc10GB", "allocSmall"] as const)("16-%s ends at its memory limit", async (name) => {
    const program = await start(EXHAUSTING[name], {
      policy: policyOf({
        program: {
          limits: { memoryBytes: { max: 96 * MIB, action: "kill" }, cpuMsPerMinute: { max: 60_000, action: "warn" } },
        },
      }),
    });
    expect((await program.program.ended).reason).toMatch(/^(?:limit|crashed)$/);
    const most = Math.max(...program.recorded.minutes.map((minute) => minute.memoryBytesMax ?? 0));
    expect(most).toBeLessThan(256 * MIB);
    expect(program.recorded.events.some((event) => event.type === "killed" || event.type === "crashed")).toBe(true);
  });

  it("17-timer-storm finds the end of its timers", async () => {
    const program = await start(EXHAUSTING.timerStorm);
    expect(await program.line("timers")).toBe("timers 1000 RangeError");
  });

  it("18-bridge-flood gets its calls a second and no more, while another program is answered", async () => {
    const from = performance.now();
    const flood = await start(EXHAUSTING.bridgeFlood, {
      policy: policyOf({
        program: {
          limits: { cpuMsPerMinute: { max: 60_000, action: "warn" }, memoryBytes: { max: 512 * MIB, action: "kill" } },
        },
      }),
    });
    const good = await start(GOOD);
    await good.line("good");
    await flood.line("up");
    const allowed = flood.recorded.minutes.reduce(
      (sum, minute) => sum + (minute.apis?.["device.info"]?.allowed ?? 0),
      0,
    );
    const seconds = (performance.now() - from) / 1000;
    expect(allowed).toBeLessThanOrEqual((seconds + 1) * SHIPPED_LIMITS.bridgeCallsPerSecond.max);
    expect(crossings(flood)).toContain("bridgeCallsPerSecond refuse");
    expect(flood.recorded.events).toContainEqual(
      expect.objectContaining({ type: "denied_api", code: "RATE_LIMITED", layer: "limit" }),
    );
  });

  it("19-message-100MB is refused on either side of the bound, and the channel lives on", async () => {
    const big = await start(EXHAUSTING.messageBigNotHuge);
    expect(await big.line("refused")).toMatch(/^refused INVALID_ARGUMENTS api [0-9a-f]{16}-/);
    expect(big.recorded.events).toContainEqual(
      expect.objectContaining({ type: "denied_api", code: "INVALID_ARGUMENTS" }),
    );
    const huge = await start(EXHAUSTING.message100MB, {
      policy: policyOf({ program: { limits: { memoryBytes: { max: 256 * MIB, action: "kill" } } } }),
    });
    await Promise.race([huge.line("refused INVALID_ARGUMENTS"), huge.program.ended]);
  });

  it("20-log-flood fills a bounded log and nothing else", async () => {
    const program = await start(EXHAUSTING.logFlood, {
      policy: policyOf({ program: { limits: { cpuMsPerMinute: { max: 60_000, action: "warn" } } } }),
    });
    await program.line("after");
    expect(program.lines().some((line) => /^\d+ lines were lost here/.test(line))).toBe(true);
    expect(program.recorded.events).toEqual([]);
    expect(program.program.consoleLines().length).toBeLessThanOrEqual(1_001);
    expect(program.lines().length).toBeLessThan(1_500);
  });

  it("22-disk-fill is refused at its quota, and what it kept stays", async () => {
    const program = await start(EXHAUSTING.diskFill, {
      policy: policyOf({ program: { limits: { storageBytes: { max: 5 * MIB, action: "warn" } } } }),
    });
    expect(await program.line("full")).toBe("full 5 RATE_LIMITED limit /limits/storageBytes");
    expect(program.recorded.events).toContainEqual(
      expect.objectContaining({ type: "storage_refused", api: "storage.local.set" }),
    );
  });

  it("22-disk-fill ends at its share of all programs' storage, where the next one still has its own", async () => {
    const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-shares-"));
    const storageBudget = budgetOfTest(storageDir, { budgetBytes: 12 * MIB });
    const policy = policyOf({ program: { limits: { storageBytes: { max: 1024 * MIB, action: "warn" } } } });
    const program = await start(EXHAUSTING.diskFill, { policy, storageDir, storageBudget });
    expect(await program.line("full")).toBe("full 3 RATE_LIMITED limit null");
    expect(program.recorded.events).toContainEqual(
      expect.objectContaining({ type: "storage_refused", api: "storage.local.set", rule: null }),
    );
    const refusals = program.recorded.minutes.map(({ limits }) => limits?.storageBytes?.refused ?? 0);
    expect(Math.max(...refusals)).toBe(0);
    const next = await openProgramFiles({
      ...{
        storageDir,
        storageBudget,
        appId: "com.example.next",
        user: "me",
        nowSeconds: () => 0,
        log: () => undefined,
      },
    });
    for (const name of ["ka", "kb", "kc"]) {
      expect(await next?.storage.write(name, new Uint8Array(900 * 1024), () => true)).toEqual({ ok: true });
    }
    await next?.close();
  });

  it("22-disk-fill on a full disk hears no more than that the world refused", async () => {
    const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-shares-"));
    const storageBudget = budgetOfTest(storageDir, { freeSpace: async () => ({ bytes: 16 * MIB, files: null }) });
    const program = await start(EXHAUSTING.diskFill, { storageDir, storageBudget });
    expect(await program.line("full")).toBe("full 0 HOST_ERROR api null");
  });

  it.each(["microtaskLoop", "regexBomb"] as const)("%s can be ended like any other", async (name) => {
    const program = await start(EXHAUSTING[name]);
    await program.line("up");
    await program.program.stop("stopped");
    expect(await program.program.ended).toEqual({ reason: "stopped" });
  });

  it("digs too deep to its own harm alone", async () => {
    expect(await (await start(EXHAUSTING.deepRecursion)).line("dug")).toBe("dug InternalError");
  });

  it("that breaks its engine is dead, and counted as crashed", async () => {
    const program = await start(EXHAUSTING.engineFault);
    expect(await program.program.ended).toMatchObject({ reason: "crashed", detail: { fault: "engine" } });
    expect(program.sum("crashes")).toBe(1);
    expect(program.recorded.events).toContainEqual(expect.objectContaining({ type: "crashed" }));
  });
});

/** Real time: what is measured here is how much of it a process gets. */
const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function untilEvent(program: TestProgram, crossing: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = setInterval(() => {
      if (!crossings(program).includes(crossing)) return;
      clearInterval(look);
      resolve();
    }, 20);
    void program.program.ended.then(({ reason }) => {
      clearInterval(look);
      reject(new Error(`ended: ${reason}`));
    });
  });
}
