import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/platform/clock";
import { createBundleFiles } from "../bundles/bundle-files";
import { findMigrationsFolder } from "../migrate";
import { openStore } from "../open-store";
import { people } from "../schema";
import { temporaryBase } from "../testing/data-folder";
import { openDatabase } from "../testing/databases";
import { fillTables } from "../testing/fill-tables";
import { memoryJournalFs } from "../testing/memory-journal-fs";
import { nodeBackupFs } from "./backup-fs";
import { type RestoreOptions, restoreFolder } from "./restore-folder";
import { saveBackup } from "./save-backup";

const silent = () => undefined;
let base: string;
let file: string;
beforeAll(async () => {
  base = mkdtempSync(join(temporaryBase(), "bulkhead-restore-"));
  file = join(base, "one.backup");
  const source = await openDatabase("pglite", "migrated");
  await fillTables(source.db);
  const about = { takenAt: "2026-03-01T00:00:00.000Z", cause: "asked", program: "0.0.0" } as const;
  await saveBackup(
    nodeBackupFs,
    file,
    { connection: source, files: [], bundles: createBundleFiles(memoryJournalFs(), "bundles"), about },
    null,
  );
  await source.close();
});
afterAll(() => rmSync(base, { recursive: true }));

const options = (more: Partial<RestoreOptions> = {}): RestoreOptions => ({
  fs: nodeBackupFs,
  file,
  passphrase: null,
  dataDir: join(base, "data"),
  migrationsFolder: findMigrationsFolder(),
  clock: systemClock,
  logger: silent,
  mark: async () => undefined,
  ...more,
});

/** A disk that gives the backup once, for the look at it, and then fails in the middle. */
function failingSecondTime(): RestoreOptions["fs"] {
  let streams = 0;
  return {
    ...nodeBackupFs,
    async *stream(path) {
      streams += 1;
      const isFailing = streams === 2;
      for await (const piece of nodeBackupFs.stream(path)) {
        yield isFailing ? piece.subarray(0, piece.length / 2) : piece;
        if (isFailing) throw Object.assign(new Error("i/o error"), { code: "EIO" });
      }
    },
  };
}

describe("a backup with a row that the embedded database has no room for", { timeout: 120_000 }, () => {
  it("is refused by file, table and remedy before anything is made of it", async () => {
    const refused = restoreFolder(options({ rowCharactersMax: 300 }));
    await expect(refused).rejects.toMatchObject({ details: [{ path: file, code: "row-too-large-here" }] });
    await expect(refused).rejects.toThrow(/: a row of \d+ MB\)\.\nRestore it into a Postgres/);
    expect(readdirSync(join(base, "data")).filter((name) => name !== "lock")).toEqual([]);
    await restoreFolder(options());
    rmSync(join(base, "data"), { recursive: true });
  });
});

describe("a restore that fails", { timeout: 120_000 }, () => {
  it("leaves nothing that a start would use, and can be tried again", async () => {
    const mark = () => Promise.reject(new Error("not marked"));
    for (const more of [{ fs: failingSecondTime() }, { mark }]) {
      await expect(restoreFolder(options(more))).rejects.toMatchObject({ code: "unavailable" });
      expect(readdirSync(options().dataDir)).toEqual(["lock"]);
      await expect(
        openStore({ location: { kind: "pglite", dataDir: options().dataDir }, logger: silent }),
      ).rejects.toMatchObject({ message: expect.stringContaining("restore FILE") });
    }
    const warned: string[] = [];
    await restoreFolder(options({ logger: (_, event) => void warned.push(event) }));
    expect(warned).toEqual([]);
    const { store } = await openStore({ location: { kind: "pglite", dataDir: options().dataDir }, logger: silent });
    expect(await store.db.select().from(people)).toHaveLength(1);
    await store.close();
    expect(existsSync(join(options().dataDir, "restored"))).toBe(false);
  });
});
