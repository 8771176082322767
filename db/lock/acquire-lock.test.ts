import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryBase } from "../testing/data-folder";
import { acquireLock } from "./acquire-lock";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(temporaryBase(), "bulkhead-lock-")), "lock");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** Runs `testing/lock-contender.ts`; answers with what it printed and how it ended. */
function contend(...args: string[]): Promise<{ lines: string[]; signal: string | null; errors: string }> {
  const script = fileURLToPath(new URL("../testing/lock-contender.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, folder, ...args]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve) => {
    child.on("close", (_, signal) => resolve({ lines: output.split("\n").filter(Boolean), signal, errors }));
  });
}

describe("the lock of a data folder", () => {
  it("is held by one, names its holder to the next, and is free once released", async () => {
    const first = await acquireLock(folder, "boot");
    expect(first).toMatchObject({ previous: "clean", isFirst: true });
    await expect(acquireLock(folder, "boot")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.release();
    const second = await acquireLock(folder, "boot");
    expect(second).toMatchObject({ previous: "clean", isFirst: false });
    await second.release();
  });

  it("tells a holder that died from a machine that went down", async () => {
    await (await acquireLock(folder, "boot-1")).abandon();
    const afterCrash = await acquireLock(folder, "boot-1");
    expect(afterCrash.previous).toBe("process-died");
    await afterCrash.abandon();
    const afterReboot = await acquireLock(folder, "boot-2");
    expect(afterReboot.previous).toBe("machine-died");
    await afterReboot.abandon();
    const unknown = await acquireLock(folder, null);
    expect(unknown.previous).toBe("machine-died");
    await unknown.release();
  });

  it("is not kept by a living process that merely has the number of the dead holder", async () => {
    await (await acquireLock(folder, "boot")).abandon();
    const [name] = readdirSync(folder).filter((file) => file.endsWith(".json"));
    const record = { pid: process.pid, bootId: "boot", startedAt: "now", socket: "gone.sock", isReleased: false };
    writeFileSync(join(folder, name ?? ""), JSON.stringify(record));
    await (await acquireLock(folder, "boot")).release();
  });

  it("counts a lock file that cannot be read as held, and names it", async () => {
    await (await acquireLock(folder, "boot")).release();
    writeFileSync(join(folder, "000000000099.json"), "{");
    await expect(acquireLock(folder, "boot")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("000000000099.json"),
    });
  });

  it("works below a path that is too long for a socket's address", async () => {
    const deep = join(folder, "d".repeat(120));
    const lock = await acquireLock(deep, "boot");
    await expect(acquireLock(deep, "boot")).rejects.toMatchObject({ code: "unavailable" });
    await lock.release();
  });

  it("does not pile up files", async () => {
    for (let n = 0; n < 30; n += 1) await (await acquireLock(folder, "boot")).release();
    expect(readdirSync(folder).length).toBeLessThan(25);
  });

  it("is never held by two processes, however they come, go and are killed", { timeout: 120_000 }, async () => {
    // Each contender takes the lock many times, checks that it is alone, and every few times dies by SIGKILL inside.
    const rounds = 2;
    for (let round = 0; round < rounds; round += 1) {
      const runs = await Promise.all(Array.from({ length: 4 }, (_, n) => contend("15", n < 2 ? "die" : "leave")));
      const lines = runs.flatMap((run) => run.lines);
      expect(runs.map((run) => run.errors).join("")).toBe("");
      expect(lines.filter((line) => line !== "held" && line !== "refused")).toEqual([]);
      expect(lines.filter((line) => line === "held").length).toBeGreaterThan(5);
      expect(runs.filter((run) => run.signal === "SIGKILL").length).toBe(2);
    }
    await (await acquireLock(folder)).release();
  });
});
