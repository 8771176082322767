import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { findMigrationsFolder } from "../migrate";
import { credentials, devices, people, publisherKeys, publishers, sessions } from "../schema";
import type { Store } from "../store";
import { pgliteSeed } from "../testing/pglite-seed";
import { openPglite, type PgliteFolderOptions } from "./open-pglite";

const silent: Logger = () => undefined;
const at = new Date("2026-03-01T00:00:00Z");
let dataDir: string;

async function open(more: Partial<PgliteFolderOptions> = {}) {
  return openPglite({
    dataDir,
    clock: { nowMs: () => at.getTime() },
    logger: silent,
    migrationsFolder: findMigrationsFolder(),
    seed: await pgliteSeed(),
    bootId: "boot-1",
    ...more,
  });
}
const add = (store: Store, id: string) =>
  store.transaction((tx) => tx.db.insert(publishers).values({ id, name: id, createdAt: at }));

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "bulkhead-store-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe("a data folder", () => {
  it("works", async () => {
    const first = await open();
    expect(first.recovery.outcome).toBe("fresh");
    await add(first.store, "pub_1");
    await expect(open()).rejects.toMatchObject({ code: "unavailable" });
    await first.store.close();
    const second = await open();
    expect(second.recovery).toMatchObject({ outcome: "agreed", sequence: 1 });
    await second.store.close();
    rmSync(join(dataDir, "store", "base"), { recursive: true });
    const third = await open();
    expect(third.recovery).toMatchObject({ outcome: "store-rebuilt", sequence: 1 });
    expect(await third.store.db.select().from(publishers)).toHaveLength(1);
    await third.store.close();
  });
});
