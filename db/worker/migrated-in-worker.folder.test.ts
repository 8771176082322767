import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeBackupFs } from "../backup/backup-fs";
import { verifyBackup } from "../backup/save-backup";
import { temporaryBase } from "../testing/data-folder";
import { releasedFacts, unpackReleased } from "../testing/released-folder";
import { openStoreInWorker } from "./open-store-in-worker";

it("backs a store of before up and migrates it, in its own thread, whatever bound its statements have there later", async () => {
  const base = mkdtempSync(join(temporaryBase(), "bulkhead-in-worker-"));
  const dataDir = join(base, "data");
  unpackReleased(dataDir);
  const { store, recovery } = await openStoreInWorker({
    location: { kind: "pglite", dataDir },
    logger: () => undefined,
    program: "9.9.9",
    statementMsMax: 1,
  });
  expect(recovery.migrated.length).toBeGreaterThan(0);
  await store.close();
  const [name = ""] = readdirSync(join(dataDir, "backups"));
  const { header, counts } = await verifyBackup(nodeBackupFs, join(dataDir, "backups", name), null);
  expect(header).toMatchObject({ cause: "migration", program: "9.9.9" });
  expect(counts.tables.audit_entries).toBe(releasedFacts().counts.audit_entries);
  rmSync(base, { recursive: true });
});
