import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/platform/clock";
import { markRestored, readContinuity } from "../continuity";
import { findMigrationsFolder } from "../migrate";
import { openStore } from "../open-store";
import type { Store } from "../store";
import { temporaryBase } from "../testing/data-folder";
import { openDatabase } from "../testing/databases";
import { fillTables } from "../testing/fill-tables";
import { releasedFacts, releasedRows, unpackReleased } from "../testing/released-folder";
import { automaticBackup } from "./automatic-backup";
import { LEFT_OUT } from "./backup-format";
import { type BackupFs, nodeBackupFs } from "./backup-fs";
import { restoreFolder } from "./restore-folder";
import { verifyBackup } from "./save-backup";

let base: string;
let dataDir: string;
beforeEach(() => {
  base = mkdtempSync(join(temporaryBase(), "bulkhead-automatic-"));
  dataDir = join(base, "data");
});
afterEach(() => rmSync(base, { recursive: true }));

const silent = () => undefined;
const folder = () => join(dataDir, "backups");
const backingUp = (fs: BackupFs = nodeBackupFs, clock = systemClock) =>
  automaticBackup({ fs, dataDir, clock, program: "0.0.0" });
const open = (place: string, beforeMigration = backingUp()) =>
  openStore({ location: { kind: "pglite", dataDir: place }, logger: silent, beforeMigration });

async function countsOf(store: Store): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const relation of Object.keys(releasedFacts().counts)) {
    counts[relation] = LEFT_OUT.has(relation) ? 0 : (await releasedRows(store.db, relation)).length;
  }
  return counts;
}

describe("the backup before a migration", { timeout: 120_000 }, () => {
  it("has every row in the schema that was there, and is restored into a store that is migrated on", async () => {
    unpackReleased(dataDir);
    const { store } = await open(dataDir);
    const migrated = await countsOf(store);
    await store.close();
    const [name = ""] = readdirSync(folder());
    expect(readdirSync(folder())).toHaveLength(1);
    expect([statSync(folder()).mode & 0o777, statSync(join(folder(), name)).mode & 0o777]).toEqual([0o700, 0o600]);
    const { header, counts } = await verifyBackup(nodeBackupFs, join(folder(), name), null);
    expect(header).toMatchObject({ cause: "migration", program: "0.0.0", store: "pglite" });
    expect(header.migrations).toHaveLength(1);
    for (const [relation, count] of Object.entries(releasedFacts().counts)) {
      expect(counts.tables[relation], relation).toBe(LEFT_OUT.has(relation) ? undefined : count);
    }

    const target = join(base, "target");
    const at = new Date(systemClock.nowMs());
    await restoreFolder({
      fs: nodeBackupFs,
      file: join(folder(), name),
      passphrase: null,
      dataDir: target,
      migrationsFolder: findMigrationsFolder(),
      clock: systemClock,
      logger: silent,
      mark: ({ db }) => markRestored(db, { restoredAt: at, backupAt: at }),
    });
    const restored = await open(target);
    expect(restored.recovery.outcome).toBe("agreed");
    expect(await countsOf(restored.store)).toEqual(migrated);
    for (const [relation, rows] of Object.entries(releasedFacts().rows)) {
      expect(await releasedRows(restored.store.db, relation), relation).toEqual(expect.arrayContaining(rows));
    }
    expect(await readContinuity(restored.store.db)).toMatchObject({ revisionLift: 1_000_000 });
    await restored.store.close();
    expect(readdirSync(target)).not.toContain("backups");
  });

  it("is the condition of migrating: where it cannot be made, the store stays as it was", async () => {
    unpackReleased(dataDir);
    const full: BackupFs = {
      ...nodeBackupFs,
      create: () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" })),
    };
    await expect(open(dataDir, backingUp(full))).rejects.toMatchObject({ code: "unavailable" });
    expect(readdirSync(folder())).toEqual([]);
    const { store } = await open(dataDir);
    await store.close();
    expect(
      (await verifyBackup(nodeBackupFs, join(folder(), readdirSync(folder())[0] ?? ""), null)).header.migrations,
    ).toHaveLength(1);
  });

  it("is kept three times over, the new one whatever the clock says, and nobody else's file is touched", async () => {
    const source = await openDatabase("pglite", "migrated");
    await fillTables(source.db);
    const run = (statement: string) => source.query<Record<string, unknown>>(statement);
    const make = (day: string) =>
      backingUp(nodeBackupFs, { nowMs: () => Date.parse(`2026-03-${day}T00:00:00Z`) })({
        from: 1,
        to: 2,
        pending: [],
        run,
      });
    const days = () =>
      readdirSync(folder()).flatMap((name) => /^before-migration-2026-03-(\d\d)/.exec(name)?.[1] ?? []);
    for (const day of ["04", "05", "06", "07"]) await make(day);
    expect(days()).toEqual(["05", "06", "07"]);
    writeFileSync(join(folder(), "mine.backup"), "kept");
    writeFileSync(join(folder(), "before-migration-2026-03-07.backup.part"), "half");
    await make("01");
    expect(days()).toEqual(["01", "06", "07"]);
    expect(readFileSync(join(folder(), "mine.backup"), "utf8")).toBe("kept");
    // An older one goes only for a whole new one.
    await source.close();
    await expect(make("09")).rejects.toMatchObject({ code: "unavailable" });
    expect(days()).toEqual(["01", "06", "07"]);
  });
});
