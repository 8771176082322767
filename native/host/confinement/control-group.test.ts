import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { openControlGroups } from "./control-group";

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
