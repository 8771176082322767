import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ask, obtainPassphrase } from "./backup-passphrase";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-passphrase-"));
  file = join(folder, "passphrase");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Somebody who types these, one after the other. */
function typing(...answers: string[]): { ask: NonNullable<Ask>; left: string[] } {
  const left = [...answers];
  return { left, ask: async () => left.shift() ?? "" };
}

describe("the passphrase of a backup", () => {
  it("comes from the environment, from a file's first line, or is asked for", async () => {
    writeFileSync(file, "from the file's first line\nnot this\n");
    const named = { BULKHEAD_BACKUP_PASSPHRASE_FILE: file };
    expect(await obtainPassphrase({ ...named, BULKHEAD_BACKUP_PASSPHRASE: "from the environment" }, null, "seal")).toBe(
      "from the environment",
    );
    expect(await obtainPassphrase(named, null, "seal")).toBe("from the file's first line");
    const once = typing("typed by somebody");
    expect(await obtainPassphrase({}, once.ask, "open")).toBe("typed by somebody");
  });

  it("is asked for twice where it is to seal, and must be the same", async () => {
    const same = typing("typed by somebody", "typed by somebody");
    expect(await obtainPassphrase({}, same.ask, "seal")).toBe("typed by somebody");
    expect(same.left).toEqual([]);
    const other = typing("typed by somebody", "typed by Somebody");
    await expect(obtainPassphrase({}, other.ask, "seal")).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("is refused where it is short, cannot be read, or nobody is there to ask", async () => {
    writeFileSync(file, "short\nlong enough on the second line");
    const refused = { code: "invalid_input", message: expect.stringMatching(/\n./) };
    const named = { BULKHEAD_BACKUP_PASSPHRASE_FILE: file };
    await expect(obtainPassphrase(named, null, "open")).rejects.toMatchObject(refused);
    await expect(obtainPassphrase({}, typing("short").ask, "open")).rejects.toMatchObject(refused);
    await expect(obtainPassphrase({}, null, "open")).rejects.toMatchObject(refused);
    rmSync(file);
    await expect(obtainPassphrase(named, null, "open")).rejects.toMatchObject(refused);
  });
});
