import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { reachableFiles } from "./reachable-files";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function place(mode: number) {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-reach-"));
  folders.push(root);
  chmodSync(root, 0o755);
  const home = join(root, "home");
  mkdirSync(home, { mode: 0o700 });
  chmodSync(home, mode);
  writeFileSync(join(home, "engine.mjs"), "one", { mode: 0o644 });
  writeFileSync(join(home, "engine.wasm"), "two", { mode: 0o644 });
  return {
    files: { script: join(home, "engine.mjs"), wasm: join(home, "engine.wasm") },
    copies: join(root, "cache", "sandbox"),
  };
}

describe.runIf(process.getuid?.() === 0)("files for the sandbox's user", () => {
  it("are used where they lie when everybody can reach them", () => {
    const { files, copies } = place(0o755);
    expect(reachableFiles(files, copies)).toEqual(files);
  });

  it("are copied side by side, readable by all, out of a folder that is its owner's alone", () => {
    const { files, copies } = place(0o700);
    const reached = reachableFiles(files, copies);
    expect(reached.script).toMatch(/\/engine\.mjs$/);
    expect(reached.wasm.replace(/engine\.wasm$/, "")).toBe(reached.script.replace(/engine\.mjs$/, ""));
    expect(readFileSync(reached.script, "utf8")).toBe("one");
    expect(statSync(reached.wasm).mode & 0o777).toBe(0o755);
    expect(reachableFiles(files, copies)).toEqual(reached);
  });

  it("are copied anew when they changed", () => {
    const { files, copies } = place(0o700);
    const before = reachableFiles(files, copies);
    writeFileSync(files.script, "another text");
    const after = reachableFiles(files, copies);
    expect(after.script).not.toBe(before.script);
    expect(readFileSync(after.script, "utf8")).toBe("another text");
  });
});
