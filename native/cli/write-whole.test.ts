import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotWritten, writeNew, writeWhole } from "./write-whole";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-write-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("what the command line writes", () => {
  it("replaces a file whole, with the mode that it had, and leaves nothing beside it", async () => {
    const path = join(folder, "a");
    await writeNew(path, "one", 0o600);
    await writeWhole(path, "two");
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("never takes the place of a new file that is there", async () => {
    writeFileSync(join(folder, "a"), "mine");
    await expect(writeNew(join(folder, "a"), "theirs")).rejects.toMatchObject({ code: "EEXIST" });
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("mine");
  });

  it("writes where a link leads, and into what is no file", async () => {
    writeFileSync(join(folder, "a"), "one");
    symlinkSync("a", join(folder, "link"));
    await writeWhole(join(folder, "link"), "two");
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("two");
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    await writeWhole("/dev/null", "three");
    expect(lstatSync("/dev/null").isFile()).toBe(false);
  });

  it.runIf(process.platform === "linux")("says which file a full disk did not take, and what ails it", async () => {
    const refused = await writeWhole("/dev/full", "x").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotWritten);
    expect(String(refused)).toContain("/dev/full");
    expect(String(refused)).toContain("ENOSPC");
  });

  it.runIf(process.platform === "linux")("leaves nothing half behind where a disk takes no more", () => {
    // Of a limit of the process a disk that is full behaves the same, and it needs no disk of its own.
    const script = `
      import { writeNew, writeWhole } from ${JSON.stringify(join(process.cwd(), "native/cli/write-whole.ts"))};
      const told = [];
      for (const write of [writeNew, writeWhole]) await write("a", "x".repeat(9000)).catch((error) => told.push(error.name));
      await writeWhole("b", "x".repeat(9000)).catch((error) => told.push(error.message));
      console.log(JSON.stringify(told));`;
    writeFileSync(join(folder, "b"), "old");
    const command = `ulimit -f 8; cd ${folder}; exec ${process.execPath} --import ${join(process.cwd(), "node_modules/tsx/dist/loader.mjs")} --input-type=module`;
    const told = JSON.parse(execFileSync("bash", ["-c", command], { encoding: "utf8", input: script }));
    expect(told).toHaveLength(3);
    expect(told[2]).toContain("b was not written");
    expect(readdirSync(folder)).toEqual(["b"]);
    expect(readFileSync(join(folder, "b"), "utf8")).toBe("old");
  });
});
