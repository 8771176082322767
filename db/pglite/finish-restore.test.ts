import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryBase } from "../testing/data-folder";
import { finishRestore } from "./finish-restore";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(temporaryBase(), "bulkhead-restored-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const PARTS = [
  "keys/keyset.json",
  "keys/policy-1.json",
  "keys/session.salt",
  "credentials.json",
  "journal/1",
  "store/PG_VERSION",
];

/** As a restore leaves it that was killed when so many of its parts were moved. */
function leave(moved: number): void {
  for (const [index, part] of PARTS.entries()) {
    const path = join(dataDir, index < moved ? "" : "restored", part);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, part);
  }
}
const found = () =>
  readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dataDir.length + 1))
    .sort();

describe("a restore that was killed while it was put in place", () => {
  it("is finished by the next opener, wherever it stood", async () => {
    for (let moved = 0; moved <= PARTS.length; moved += 1) {
      leave(moved);
      if (moved < PARTS.length) expect(await finishRestore(dataDir), `${moved} moved`).toBe(true);
      expect(found(), `${moved} moved`).toEqual([...PARTS].sort());
      expect(await finishRestore(dataDir)).toBe(false);
      for (const part of PARTS) rmSync(join(dataDir, part));
    }
  });

  it("stays where it is when another store took its place, and says so", async () => {
    leave(0);
    mkdirSync(join(dataDir, "store"));
    writeFileSync(join(dataDir, "store", "PG_VERSION"), "other");
    await expect(finishRestore(dataDir)).rejects.toMatchObject({ details: [{ code: "two-stores" }] });
    expect(readFileSync(join(dataDir, "store", "PG_VERSION"), "utf8")).toBe("other");
    expect(found()).toContain("restored/store/PG_VERSION");
  });
});
