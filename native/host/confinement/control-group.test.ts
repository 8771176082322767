import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { handDownControllers, openControlGroups } from "./control-group";

const groups = openControlGroups("test");
if (!groups.usable) process.stderr.write(`\nSKIPPED control groups: ${groups.reason}\n`);
const MIB = 1024 * 1024;

const folderOf = (pid: number): string => {
  const text = readFileSync(`/proc/${pid}/cgroup`, "utf8");
  const [, controllers = "", path = ""] = /^\d+:([^:]*memory|):(\/.*)$/m.exec(text) ?? [];
  return controllers === "" ? `/sys/fs/cgroup${path}` : `/sys/fs/cgroup/${controllers}${path}`;
};

describe.runIf(groups.usable)("a control group", () => {
  it("ends a process that takes more memory than its ceiling, and says so", async () => {
    if (!groups.usable) return;
    const group = groups.create("memory", { memoryBytes: 96 * MIB, processes: 32 });
    const hog = spawn(
      process.execPath,
      ["-e", "process.stdin.once('data', () => { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)); })"],
      { stdio: ["pipe", "ignore", "ignore"] },
    );
    group.add(hog.pid ?? 0);
    expect(group.wasOutOfMemory()).toBe(false);
    expect(group.remove()).toBe(false);
    hog.stdin.on("error", () => undefined);
    hog.stdin.write("go");
    const [, signal] = await once(hog, "exit");
    expect(signal).toBe("SIGKILL");
    expect(group.wasOutOfMemory()).toBe(true);
    expect(group.remove()).toBe(true);
  });

  it("moves its ceiling while it is in use", () => {
    if (!groups.usable) return;
    const group = groups.create("ceiling", { memoryBytes: 64 * MIB, processes: 32 });
    expect(group.setMemoryCeiling(128 * MIB)).toBe(true);
    expect(group.remove()).toBe(true);
  });

  it("of a host that was killed is cleared, with what was left in it, by the next", async () => {
    if (!groups.usable) return;
    const group = groups.create("place", { memoryBytes: 64 * MIB, processes: 32 });
    const left = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
    group.add(left.pid ?? 0);
    const dead = `${dirname(folderOf(left.pid ?? 0))}/bulkhead-4194305-orphan`;
    mkdirSync(dead);
    writeFileSync(`${dead}/cgroup.procs`, String(left.pid));
    openControlGroups("again");
    const [, signal] = await once(left, "exit");
    expect(signal).toBe("SIGKILL");
    openControlGroups("later");
    expect(existsSync(dead)).toBe(false);
    group.remove();
  });
});

describe("a delegated group of the second version", () => {
  /** The files that a host reads and writes there, as they are in a group with these processes. */
  function group(processes: readonly number[], given = ""): { folder: string; read(file: string): string | undefined } {
    const folder = mkdtempSync(join(tmpdir(), "bulkhead-group-"));
    writeFileSync(join(folder, "cgroup.procs"), processes.join("\n"));
    writeFileSync(join(folder, "cgroup.subtree_control"), given);
    const read = (file: string) =>
      existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : undefined;
    return { folder, read };
  }

  it.each([
    ["hands its controllers down once the host that was alone in it has moved below", [process.pid], "", true],
    ["is left as it is where others are in it, who would lose theirs", [process.pid, 1], "", false],
    ["is left as it is where it hands them down already", [process.pid], "cpu memory pids", false],
  ])("%s", (_what, processes, given, moves) => {
    const { folder, read } = group(processes, given);
    try {
      handDownControllers(folder, ["memory", "pids"]);
      expect(read("bulkhead-host/cgroup.procs")).toBe(moves ? String(process.pid) : undefined);
      expect(read("cgroup.subtree_control")).toBe(moves ? "+memory +pids" : given);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
