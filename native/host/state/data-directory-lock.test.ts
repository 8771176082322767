import { spawn } from "node:child_process";
import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { lockDataDirectory } from "./data-directory-lock";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bulkhead-lock-"));
  folders.push(folder);
  return folder;
}

describe("the lock of a data folder", () => {
  it("is one for all spellings of the path, and free again after release", async () => {
    const folder = await newFolder();
    const link = `${folder}-link`;
    folders.push(link);
    await symlink(folder, link);
    const held = await lockDataDirectory(folder);
    expect(held).toBeDefined();
    expect(await lockDataDirectory(link)).toBeUndefined();
    const other = await lockDataDirectory(await newFolder());
    expect(other).toBeDefined();
    await held?.release();
    const again = await lockDataDirectory(link);
    expect(again).toBeDefined();
    await again?.release();
    await other?.release();
  });

  it("goes with a process that is killed", async () => {
    const folder = await newFolder();
    const { dev, ino } = await stat(folder);
    const script = `require("net").createServer().listen({path:"\\0bulkhead-host:${dev}:${ino}"},()=>process.stdout.write("held"));`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(await lockDataDirectory(folder)).toBeUndefined();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const held = await lockDataDirectory(folder);
    expect(held).toBeDefined();
    await held?.release();
  });
});
