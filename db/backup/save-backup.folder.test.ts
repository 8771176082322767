import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createBundleFiles } from "../bundles/bundle-files";
import { temporaryBase } from "../testing/data-folder";
import { openDatabase, type TestConnection } from "../testing/databases";
import { fillTables } from "../testing/fill-tables";
import { memoryJournalFs } from "../testing/memory-journal-fs";
import { type BackupFs, nodeBackupFs } from "./backup-fs";
import { saveBackup, verifyBackup } from "./save-backup";

const PASSPHRASE = "a passphrase for tests";
const CHEAP = 2 ** 4;

let source: TestConnection;
let folder: string;
let path: string;
beforeAll(async () => {
  source = await openDatabase("pglite", "migrated");
  await fillTables(source.db);
});
afterAll(() => source.close());
beforeEach(() => {
  folder = mkdtempSync(join(temporaryBase(), "bulkhead-backup-"));
  path = join(folder, "one.backup");
});
afterEach(() => rmSync(folder, { recursive: true }));

const input = () => ({
  connection: source,
  files: [],
  bundles: createBundleFiles(memoryJournalFs(), "bundles"),
  about: { takenAt: "2026-03-01T00:00:00.000Z", cause: "asked", program: "0.0.0" } as const,
});

/** The file system, with one operation that fails as on a full disk. */
function failingAt(failing: number): { fs: BackupFs; operations(): number } {
  let operations = 0;
  const step = () => {
    operations += 1;
    if (operations === failing) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  const guarded =
    <Arguments extends unknown[], Answer>(work: (...given: Arguments) => Promise<Answer>) =>
    async (...given: Arguments) => {
      step();
      return work(...given);
    };
  const fs: BackupFs = {
    ...nodeBackupFs,
    list: guarded(nodeBackupFs.list),
    rename: guarded(nodeBackupFs.rename),
    syncFolder: guarded(nodeBackupFs.syncFolder),
    async create(name) {
      step();
      const file = await nodeBackupFs.create(name);
      return { write: guarded(file.write), sync: guarded(file.sync), close: file.close };
    },
  };
  return { fs, operations: () => operations };
}

describe("a backup's file", () => {
  it("is its owner's alone, and says what it holds when it is read back", async () => {
    const saved = await saveBackup(nodeBackupFs, path, input(), PASSPHRASE, CHEAP);
    expect(readdirSync(folder)).toEqual(["one.backup"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(saved).toMatchObject({ counts: { tables: { people: 1 } }, sizeBytes: statSync(path).size });
    expect(await verifyBackup(nodeBackupFs, path, PASSPHRASE)).toEqual(saved);
  });

  it("is never written over another", async () => {
    writeFileSync(path, "kept");
    await expect(saveBackup(nodeBackupFs, path, input(), PASSPHRASE, CHEAP)).rejects.toMatchObject({
      details: [{ code: "file-there" }],
    });
    expect(readFileSync(path, "utf8")).toBe("kept");
  });

  it("takes the place of what a killed writer left", async () => {
    writeFileSync(`${path}.part`, "half");
    await saveBackup(nodeBackupFs, path, input(), PASSPHRASE, CHEAP);
    expect(readdirSync(folder)).toEqual(["one.backup"]);
  });

  it("is there whole or not at all, whichever operation of the disk fails, and the connection goes on", async () => {
    const whole = failingAt(0);
    await saveBackup(whole.fs, path, input(), PASSPHRASE, CHEAP);
    rmSync(path);
    expect(whole.operations()).toBeGreaterThan(8);
    for (let failing = 1; failing <= whole.operations(); failing += 1) {
      const saving = saveBackup(failingAt(failing).fs, path, input(), PASSPHRASE, CHEAP);
      await expect(saving, `operation ${failing}`).rejects.toMatchObject({ code: "ENOSPC" });
      // The last operation syncs the folder: the file is whole by then.
      if (readdirSync(folder).length > 0) {
        expect(readdirSync(folder)).toEqual(["one.backup"]);
        await verifyBackup(nodeBackupFs, path, PASSPHRASE);
        rmSync(path);
      }
      // No transaction stayed open: in one it would succeed.
      await expect(source.query("savepoint s"), `operation ${failing}`).rejects.toMatchObject({ code: "25P01" });
    }
  });

  it("is refused at reading back when the disk gives back something else", async () => {
    const fs: BackupFs = {
      ...nodeBackupFs,
      async create(name) {
        const file = await nodeBackupFs.create(name);
        let written = 0;
        return {
          ...file,
          write(data) {
            written += 1;
            const copy = Buffer.from(data);
            if (written === 2) copy[100] = (copy[100] ?? 0) ^ 1;
            return file.write(copy);
          },
        };
      },
    };
    await expect(saveBackup(fs, path, input(), null)).rejects.toMatchObject({ details: [{ code: "damaged" }] });
    expect(readdirSync(folder)).toEqual([]);
  });
});
