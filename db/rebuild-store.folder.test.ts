import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { checkStore } from "./check-store";
import { rebuildStore } from "./rebuild-store";
import { publishers } from "./schema";
import { storeFault } from "./store-fault";
import { withDataFolder } from "./testing/data-folder";

const folder = withDataFolder();
const logger: Logger = () => undefined;
const createdAt = new Date("2026-03-01T00:00:00Z");

describe("a store that is made anew with consent", { timeout: 120_000 }, () => {
  it.each(["journal", "rows"] as const)("from the %s has the rows, and keeps what it replaced", async (from) => {
    const first = await folder.open();
    await first.store.transaction((tx) => tx.db.insert(publishers).values({ id: "pub_1", name: "One", createdAt }));
    await first.store.close();
    const recovery = await rebuildStore({ dataDir: folder.path, from, logger });
    expect(recovery.setAside).toHaveLength(1);
    expect(folder.asides()).toHaveLength(1);
    const check = await checkStore(folder.path);
    expect(check.findings).toEqual([]);
    expect(check.tables).toContainEqual({ table: "publishers", rows: 1 });
    if (from === "rows") {
      rmSync(join(folder.path, "store"), { recursive: true });
      await rebuildStore({ dataDir: folder.path, from: "journal", logger });
    }
    const { store } = await folder.open();
    expect(await store.db.select({ id: publishers.id }).from(publishers)).toEqual([{ id: "pub_1" }]);
    await store.close();
  });

  it("is what a refusal names, with the folder's path", () => {
    const error = storeFault("database-missing", { dataDir: "/data/x", found: "gone", isUnchanged: true });
    expect(error.message).toContain("npm run store -- rebuild --from journal --data /data/x");
  });
});
