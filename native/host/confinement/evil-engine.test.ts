import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { scriptEngine } from "../engines/script/script-engine";
import { answer, assemble, JUMP_EQUAL, load, OFFSET_NUMBER, SECCOMP_ALLOW, SECCOMP_ENOSYS, when } from "./bpf-program";
import { requireConfinement } from "./require-confinement";

const { available, confinement } = await requireConfinement("an engine that was taken over");
const isWhole = available && confinement.layers.every(({ name, active }) => active || name === "cgroup");
if (available && !isWhole) process.stderr.write("\nSKIPPED an engine that was taken over: not every layer is here\n");

const TSX = fileURLToPath(new URL("../../../node_modules/tsx/dist/cli.mjs", import.meta.url));
const HOST = fileURLToPath(new URL("testing/run-evil-engine.ts", import.meta.url));
const OLDER = fileURLToPath(new URL("testing/without-landlock.pl", import.meta.url));
/** Handed to the host by whoever starts it: a file, a folder of the kernel's, and one more behind a gap. */
const LEAKED = 'exec 30</etc/passwd 31</proc 251</etc/hostname; exec "$@"';

/** What came of each attempt, by its name; `behind` is a command that becomes the host's. */
async function attempts(
  kind: "kernel" | "threads" | "probe",
  without = "",
  otherPid = process.pid,
  behind: readonly string[] = [],
  start: "cold" | "spare" = "cold",
): Promise<Map<string, string>> {
  const host = [...behind, process.execPath, TSX, HOST, kind, without, String(otherPid), start];
  const { stdout } = await promisify(execFile)("/bin/bash", ["-c", LEAKED, "host", ...host]);
  return new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
}

const reached = (results: ReadonlyMap<string, string>): string[] =>
  [...results].filter(([, what]) => what.startsWith("reached")).map(([name]) => name);

describe.for(isWhole ? (["cold", "spare"] as const) : [])("an engine that was taken over, %s", (start) => {
  let confined: Map<string, string>;
  beforeAll(async () => {
    // somebody else's process, alive while it tries
    const other = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
    try {
      confined = await attempts("kernel", "", other.pid, [], start);
      expect(other.exitCode).toBeNull();
    } finally {
      other.kill("SIGKILL");
    }
  });

  it("reaches nothing but its own files, whatever it asks the kernel for", () => {
    expect(reached(confined)).toEqual(["read-/engine/other", "monotonic", "boottime"]);
    expect(confined.get("end")).toBe("tried");
    expect(confined.size).toBeGreaterThan(60);
  });

  it("executes no other program, not even one that it can read", () => {
    expect(confined.get("execute-/engine/other")).toBe("EACCES");
    expect(confined.get("execute-/bin/confine.pl")).toBe("EACCES");
    expect(confined.get("execveat")).toBe("ENOSYS");
  });

  it("finds no descriptor of the host's, though the host was started with some", () => {
    expect(confined.get("descriptors")).toBe("EBADF");
  });

  it("reads clocks that began with it, and not how long the machine has been up", () => {
    for (const clock of ["monotonic", "boottime"]) {
      expect(Number(confined.get(clock)?.replace("reached:", ""))).toBeLessThan(60);
    }
  });

  it("has so many threads and no more, and clocks that began with it", async () => {
    const results = await attempts("threads", "", process.pid, [], start);
    // refused one it goes on or, under later versions of Node, ends
    expect(Number.parseInt(results.get("threads") ?? "", 10)).toBeLessThan(scriptEngine.needs.threadsMax);
    // whatever makes them, workers, the engine itself or its libraries: all of them count, bubblewrap's own two beside them
    expect(Number(results.get("tasks"))).toBeLessThanOrEqual(scriptEngine.needs.threadsMax + 2);
    expect(confined.get("raise-threads")).toBe("EPERM");
    expect(Number(results.get("monotonic"))).toBeLessThan(60);
  });
});

/** Each layer taken away, one by one: what holds it is this layer, and the attempts above do try it. */
describe.runIf(isWhole)("where a layer is taken away, it gets through:", () => {
  it("the filter", async () => {
    expect(reached(await attempts("kernel", "filter"))).toEqual(
      expect.arrayContaining(["memfd", "shared-memory", "sysinfo", "keyring", "ptrace-me", "socket-inet", "fork"]),
    );
  });

  it("the first program inside: files are listed, and another program takes its place", async () => {
    const results = await attempts("kernel", "helper");
    expect(reached(results)).toContain("list");
    expect(results.has("execute-/engine/other")).toBe(false);
    // the filter is bubblewrap's to load then, and holds
    for (const name of ["memfd", "sysinfo", "io_uring", "ptrace-me", "socket-inet", "user-namespace"]) {
      expect([name, results.get(name)]).toEqual([name, "ENOSYS"]);
    }
  });

  it("the closing of what was handed down, by the host and inside", async () => {
    expect((await attempts("kernel", "helper,closing")).get("descriptors")).toBe("reached:30,31,251");
    expect((await attempts("kernel", "helper")).get("descriptors")).toBe("EBADF");
    expect((await attempts("kernel", "closing")).get("descriptors")).toBe("EBADF");
  });

  it("the bound on threads", async () => {
    const results = await attempts("threads", "helper");
    expect(results.get("threads")).toBe("48 reached");
    expect(Number(results.get("tasks"))).toBeGreaterThan(scriptEngine.needs.threadsMax + 2);
  });

  it("the clocks of its own", async () => {
    const results = await attempts("threads", "clocks");
    expect(Number(results.get("monotonic"))).toBeGreaterThanOrEqual(60);
  });
});

describe.runIf(isWhole)("on a kernel without Landlock", () => {
  const calls = [444, 445, 446].flatMap((call) => when(JUMP_EQUAL, call, [answer(SECCOMP_ENOSYS)]));
  const filter = assemble([load(OFFSET_NUMBER), ...calls, answer(SECCOMP_ALLOW)]);
  const behind = ["/usr/bin/perl", OLDER, Buffer.from(filter).toString("hex")];

  it("this layer alone is missing, and said to be", async () => {
    const layers = await attempts("probe", "", process.pid, behind);
    const missing = [...layers].filter(([, active]) => active !== "true");
    const missingHere = confinement.layers.filter(({ active }) => !active).map(({ name }) => name);
    expect(missing.map(([name]) => name).sort()).toEqual([...missingHere, "landlock"].sort());
    expect(layers.get("landlock")).toBe("it takes perl, and a kernel with Landlock");
  });

  it("nothing opens but what it alone closes: the sandbox's own files are listed, and executed", async () => {
    const results = await attempts("kernel", "", process.pid, behind);
    expect(reached(results)).toEqual(["list", "read-/engine/other", "read-/bin/confine.pl", "monotonic", "boottime"]);
    expect(results.has("execute-/engine/other")).toBe(false);
  });
});

describe.runIf(isWhole)("without bubblewrap", () => {
  it("filter and Landlock still hold, by the first program inside", async () => {
    const results = await attempts("kernel", "bubblewrap");
    expect(reached(results)).toEqual(["monotonic", "boottime"]);
    expect(results.get("list")).toBe("EACCES");
    expect(results.get("proc-other")).toBe("EACCES");
  });
});
