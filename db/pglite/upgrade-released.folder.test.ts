import { rmSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "@/lib/platform/clock";
import { automaticBackup } from "../backup/automatic-backup";
import { nodeBackupFs } from "../backup/backup-fs";
import { bundlesInBackups } from "../backup/bundles-in-backups";
import { createBundleFiles } from "../bundles/bundle-files";
import { nodeBundleFs } from "../bundles/bundle-fs";
import { moveBundleOut } from "../bundles/move-bundles-out";
import { rebuildStore } from "../rebuild-store";
import { bundles } from "../schema";
import type { Store } from "../store";
import { withDataFolder } from "../testing/data-folder";
import { dumpTable } from "../testing/fill-tables";
import { releasedFacts, releasedRows, unpackReleased } from "../testing/released-folder";

const facts = releasedFacts();
const folder = withDataFolder();
beforeEach(() => {
  rmSync(join(folder.path, "store"), { recursive: true });
  unpackReleased(folder.path);
});

type Row = Record<string, unknown>;
const inOrder = (rows: Row[]) => rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
const released = Object.fromEntries(Object.entries(facts.rows).map(([relation, rows]) => [relation, inOrder(rows)]));

/** Members, documents with their bytes, audit, and all else that was journaled: every row as it was, as far as its columns go. */
async function expectReleased(store: Store): Promise<void> {
  const found: Record<string, string[]> = {};
  for (const relation of Object.keys(facts.rows)) {
    found[relation] = inOrder(await releasedRows(store.db, relation));
  }
  expect(found).toEqual(released);
}

const files = () => createBundleFiles(nodeBundleFs, join(folder.path, "bundles"));

/** What housekeeping does in the first minutes. */
async function moveAll(store: Store): Promise<void> {
  let moved = 0;
  while (await moveBundleOut(store, files())) moved += 1;
  expect(moved).toBe(facts.counts.bundles);
}

/** What lies beside the journal. */
async function expectCounts(store: Store, relations: readonly string[]): Promise<void> {
  for (const relation of relations) {
    expect(await dumpTable(store.db, relation), relation).toHaveLength(facts.counts[relation] ?? -1);
  }
}

describe("the data folder of the released version", { timeout: 180_000 }, () => {
  it("has rows in every table that was journaled, and beside the journal", () => {
    expect(Object.keys(facts.counts).filter((relation) => facts.counts[relation] === 0)).toEqual(["journal_changes"]);
  });

  it.each(["journal", "rows"] as const)(
    "is upgraded, loses its database before its bundles are files, and has them from the backup, by a rebuild from the %s",
    async (from) => {
      const parts = { fs: nodeBackupFs, dataDir: folder.path, logger: () => undefined };
      const beforeMigration = automaticBackup({ ...parts, clock: systemClock, program: "test" });
      const upgraded = await folder.open({ beforeMigration });
      const before = await upgraded.store.db.select().from(bundles).orderBy(bundles.sha256);
      await upgraded.store.close();
      rmSync(join(folder.path, "store"), { recursive: true });
      const rebuild = { dataDir: folder.path, logger: () => undefined };
      if (from === "rows") {
        const { bundles: found } = await rebuildStore({ ...rebuild, from: "journal" });
        expect(found).toMatchObject({ restored: 0, missing: { length: facts.counts.bundles } });
      }
      const recovery = await rebuildStore({ ...rebuild, from, spareBundles: bundlesInBackups(parts) });
      expect(recovery.bundles).toEqual({ restored: facts.counts.bundles, missing: [] });
      const { store } = await folder.open();
      for (const { sha256, content, signature } of before) {
        const kept = await files().read(sha256);
        expect(Buffer.from(kept?.content ?? [])).toEqual(Buffer.from(content ?? []));
        expect(Buffer.from(kept?.signature ?? [])).toEqual(Buffer.from(signature));
      }
      await store.close();
    },
  );

  it("is upgraded, then loses its database, then the machine's power, and every row is as it was", async () => {
    const upgraded = await folder.open();
    expect(upgraded.recovery.migrated).not.toEqual([]);
    await expectReleased(upgraded.store);
    await expectCounts(upgraded.store, [
      "credentials",
      "identities",
      "bundles",
      "telemetry_minutes",
      "telemetry_batches",
      "events",
    ]);
    await moveAll(upgraded.store);
    const rows = await upgraded.store.db.select().from(bundles);
    for (const row of rows) {
      expect(row).toMatchObject({ content: null, state: "kept", kid: expect.any(String), verifiedAt: row.createdAt });
      expect(await files().check(row.sha256)).toBe("kept");
    }
    await upgraded.store.close();

    rmSync(join(folder.path, "store"), { recursive: true });
    await expect(folder.open()).rejects.toMatchObject({ details: [{ code: "database-missing" }] });
    await rebuildStore({ dataDir: folder.path, from: "journal", logger: () => undefined });
    const rebuilt = await folder.open();
    expect(rebuilt.recovery).toMatchObject({ outcome: "agreed", migrated: [] });
    await expectReleased(rebuilt.store);
    await expectCounts(rebuilt.store, ["credentials", "identities", "bundles"]);
    await rebuilt.store.close();

    const disk = await PGlite.create(join(folder.path, "store"));
    await disk.exec(`set session_replication_role = replica;
      update documents set jws = 'an older page'; delete from audit_entries where sequence > 50; delete from bundles;
      update people set role = 'admin'; update credentials set password_hash = 'an older one'`);
    await disk.close();
    folder.leaveLockBehind("boot-0");
    const { store, recovery } = await folder.open();
    expect(recovery).toMatchObject({
      outcome: "rows-rebuilt",
      bundles: { restored: facts.counts.bundles, missing: [] },
    });
    await expectReleased(store);
    await expectCounts(store, ["credentials", "identities"]);
    expect((await dumpTable(store.db, "credentials")).join()).not.toContain("an older one");
    await store.close();
  });
});
