import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ControlGroup } from "../confinement/control-group";
import { judgeProcess, PROBE_NEEDS, probeCommand } from "../confinement/probe-confinement";
import { systemProc } from "../confinement/process-tree";
import { requireConfinement } from "../confinement/require-confinement";
import type { Engine, EngineCommand } from "../engines/engine";
import { engineFor } from "../engines/known-engines";
import { createSpareEngines, type SpareEngines, type SpareEnginesOptions } from "./spare-engines";
import { policyOf, startTestProgram, type TestProgram, type TestProgramOptions } from "./testing/program-bench";

const { available, confinement } = await requireConfinement("spare engines");
const script = engineFor("script") as Engine;
const MIB = 1024 * 1024;

const made: SpareEngines[] = [];
const running: TestProgram[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.dispose()));
  await Promise.all(made.splice(0).map((spares) => spares.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** Spares that stand, and what is logged of them. */
async function keep(options: Partial<SpareEnginesOptions> = {}): Promise<{ spares: SpareEngines; logged: string[] }> {
  const logged: string[] = [];
  const log: SpareEnginesOptions["log"] = (_level, event) => logged.push(event);
  const spares = createSpareEngines({ ...{ count: 1, engines: [script], confinement, log }, ...options });
  made.push(spares);
  spares.refill();
  await spares.settled();
  return { spares, logged };
}

async function start(source: string, options: TestProgramOptions): Promise<TestProgram> {
  const program = await startTestProgram(source, options);
  running.push(program);
  return program;
}

const isThere = (pid: number): boolean => systemProc.read(`/proc/${pid}/stat`)?.includes(") Z ") === false;
const only = (spares: SpareEngines): number => {
  const [pid] = spares.pids();
  if (pid === undefined || spares.pids().length > 1) throw new Error(`${spares.pids().length} spares wait`);
  return pid;
};

/** Control groups that write down what is asked of them. */
function recordedGroups(answer: { ceiling: boolean } = { ceiling: true }) {
  const asked: string[] = [];
  const group: ControlGroup = {
    add: () => undefined,
    setMemoryCeiling(bytes) {
      asked.push(`ceiling ${bytes / MIB}`);
      return answer.ceiling;
    },
    wasOutOfMemory: () => false,
    remove() {
      asked.push("removed");
      return true;
    },
  };
  const groups = {
    usable: true as const,
    create(_name: string, { memoryBytes, processes }: { memoryBytes: number; processes: number }) {
      asked.push(`made ${memoryBytes / MIB}, ${processes}`);
      return group;
    },
  };
  return { asked, confinement: { ...confinement, groups } };
}

const CALL = `await bulkhead.device.info(); await bulkhead.call("contacts.read").catch((error) => console.log("no", error.code));`;

const FILLING = `let kept = [];
  try { for (;;) kept.push(new Uint8Array(1024 * 1024).fill(1)); }
  catch { const most = kept.length; kept = []; console.log("kept", most); }`;

describe.runIf(available)("a spare engine", () => {
  it("is taken by a start, which goes on as any other, and is replaced when the program stands", async () => {
    const { spares, logged } = await keep();
    const waited = only(spares);
    const { program, line, recorded } = await start(CALL, { spares });
    expect(await line("no")).toBe("no PERMISSION_DENIED");
    expect(program.pid).toBe(waited);
    expect(recorded.minutes).toContainEqual({ apis: { "device.info": { allowed: 1 } } });
    await spares.settled();
    expect(only(spares)).not.toBe(waited);
    expect(logged).toEqual([]);
  });

  it("serves one program: of two launched at once the second starts cold, and an end gives nothing back", async () => {
    const { spares } = await keep();
    const waited = only(spares);
    const both = await Promise.all(["a", "b"].map((user) => start("", { spares, user })));
    const pids = both.map(({ program }) => program.pid);
    expect(pids.filter((pid) => pid === waited)).toHaveLength(1);
    expect(new Set(pids).size).toBe(2);
    await Promise.all(both.map(({ program }) => program.stop("stopped")));
    await spares.settled();
    expect(pids).not.toContain(only(spares));
    expect(pids.filter(isThere)).toEqual([]);
  });

  it("has around it all that the probe finds around a cold start", async () => {
    const command = await probeCommand();
    const probe: Engine = { ...script, needs: PROBE_NEEDS, command: async () => command, prepare: () => undefined };
    const { spares } = await keep({ engines: [probe] });
    const taken = await spares.take(probe, 0);
    if (taken === undefined) throw new Error("no spare waits");
    expect(await judgeProcess(taken.process, confinement.groups)).toEqual(confinement.layers);
  });

  it("waits under the lowest ceiling, and has the program's own before the program is handed over", async () => {
    const { asked, confinement: recorded } = recordedGroups();
    const { spares } = await keep({ confinement: recorded });
    expect(asked).toEqual([`made ${script.memory(0).groupBytes / MIB}, ${script.needs.threadsMax}`]);
    const policy = policyOf({ program: { limits: { memoryBytes: { max: 32 * MIB, action: "kill" } } } });
    const { program } = await start("", { spares: { ...spares, refill: () => undefined }, policy });
    expect(asked[1]).toBe(`ceiling ${script.memory(32 * MIB).groupBytes / MIB}`);
    await program.stop("stopped");
    expect(asked.slice(2)).toEqual(["removed"]);
  });

  it("whose ceiling the kernel does not move is ended, and the start is a cold one", async () => {
    const { asked, confinement: recorded } = recordedGroups({ ceiling: false });
    const { spares } = await keep({ confinement: recorded });
    const waited = only(spares);
    const { program } = await start("", { spares });
    expect(program.pid).not.toBe(waited);
    await spares.settled();
    expect(isThere(waited)).toBe(false);
    expect(asked).toContain("removed");
  });

  it("is none where its group could not be made, since a start would have one", async () => {
    const groups = {
      usable: true as const,
      create() {
        throw new Error("no room");
      },
    };
    const { spares, logged } = await keep({ confinement: { ...confinement, groups } });
    expect([spares.pids(), logged]).toEqual([[], ["control_group_missing"]]);
  });

  it("keeps a program within the limits of its policy, though it was made ready for others", async () => {
    const { spares } = await keep();
    const waited = only(spares);
    const policy = policyOf({ program: { limits: { memoryBytes: { max: 16 * MIB, action: "warn" } } } });
    const { program, line } = await start(FILLING, { spares, policy });
    expect(program.pid).toBe(waited);
    // as much as its engine takes above such a limit, and far from what the spare was made ready for
    const kept = Number((await line("kept")).slice("kept ".length));
    expect(kept).toBeGreaterThan(16);
    expect(kept).toBeLessThan(script.memory(16 * MIB).engineBytes / MIB);
  });

  it("that ended by itself is told, not replaced at once, and a start goes on without it", async () => {
    const { spares, logged } = await keep();
    const waited = only(spares);
    process.kill(waited, "SIGKILL");
    await expect.poll(() => spares.pids()).toEqual([]);
    await spares.settled();
    expect([spares.pids(), logged]).toEqual([[], ["spare_ended"]]);
    const { program, line } = await start(`console.log("up");`, { spares });
    await line("up");
    expect(program.pid).not.toBe(waited);
    await spares.settled();
    expect(isThere(only(spares))).toBe(true);
  });

  it("stays for the next where a program can't be started for want of its disk", async () => {
    const { spares } = await keep();
    const waited = only(spares);
    const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-spare-"));
    folders.push(storageDir);
    // where its folder would be
    await writeFile(join(storageDir, "com.example.probe"), "");
    await expect(startTestProgram("", { spares, storageDir })).rejects.toThrow("not started: start_failed");
    expect(only(spares)).toBe(waited);
  });

  it("of files that were changed since is ended, and the start is a cold one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bulkhead-spare-"));
    folders.push(folder);
    const extra = join(folder, "extra");
    await writeFile(extra, "");
    const known = await script.command();
    const command: EngineCommand = { ...known, files: { ...known.files, extra } };
    const engine: Engine = { ...script, command: async () => command };
    const { spares } = await keep({ engines: [engine] });
    const waited = only(spares);
    await utimes(extra, 1, 1);
    expect(await spares.take(engine, 0)).toBeUndefined();
    await spares.settled();
    expect(isThere(waited)).toBe(false);
  });

  it("of another version of its engine is ended", async () => {
    let command = await script.command();
    const engine: Engine = { ...script, command: async () => command };
    const { spares } = await keep({ engines: [engine] });
    const waited = only(spares);
    command = { ...command };
    expect(await spares.take(engine, 0)).toBeUndefined();
    await spares.settled();
    expect(isThere(waited)).toBe(false);
  });

  it("leaves nothing behind when its host stops, nor does one that is just being started", async () => {
    const { asked, confinement: recorded } = recordedGroups();
    const { spares } = await keep({ count: 2, confinement: recorded });
    const waited = spares.pids();
    expect(waited).toHaveLength(2);
    const { spares: late, logged } = await keep({ count: 0 });
    await late.close();
    const starting = createSpareEngines({
      ...{ count: 1, engines: [script], confinement: recorded },
      log: (_level, event) => logged.push(event),
    });
    starting.refill();
    await Promise.all([starting.close(), spares.close()]);
    expect(waited.filter(isThere)).toEqual([]);
    expect([spares.pids(), starting.pids()]).toEqual([[], []]);
    expect(asked.filter((one) => one === "removed")).toHaveLength(3);
    spares.refill();
    await spares.settled();
    expect(spares.pids()).toEqual([]);
    expect(logged).toEqual([]);
  });

  it("is kept for no engine whose process is its program's from the start, nor where none is wished for", async () => {
    const { prepare: _prepare, ...bound } = script;
    const { spares } = await keep({ engines: [bound] });
    expect(spares.pids()).toEqual([]);
    const { spares: none } = await keep({ count: 0 });
    expect(none.pids()).toEqual([]);
    const { line } = await start(`console.log("up");`, { spares: none });
    await line("up");
    await none.settled();
    expect(none.pids()).toEqual([]);
  });
});
