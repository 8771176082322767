import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { checkStore } from "../check-store";
import { TABLES } from "../journal/journaled-tables";
import { rebuildStore } from "../rebuild-store";
import { rowsOf } from "../rows";
import { devices, programs, publishers } from "../schema";
import { flipBit, withDataFolder } from "../testing/data-folder";
import { fillTables } from "../testing/fill-tables";

const folder = withDataFolder();
const JOURNALED = [...TABLES.values()].flatMap(({ relation, treatment }) =>
  treatment.keep === "rows" ? [relation] : [],
);

/** A closed store with a row in each table, and the files of the journaled ones. */
async function filled(): Promise<ReadonlyMap<string, string>> {
  const { store } = await folder.open();
  await store.transaction((tx) => fillTables(tx.db));
  await store.transaction((tx) => tx.db.update(devices).set({ appliedPlatform: 7 }));
  await store.close();
  const client = await PGlite.create(join(folder.path, "store"));
  try {
    const { rows } = await client.query<{ relation: string; path: string }>(
      "select name as relation, pg_relation_filepath(name::regclass) as path from unnest($1::text[]) as name",
      [JOURNALED],
    );
    return new Map(rows.map(({ relation, path }) => [relation, join(folder.path, "store", path)]));
  } finally {
    await client.close();
  }
}

async function refusal(): Promise<string> {
  const before = folder.tree();
  const raised = await folder.open().then(
    async ({ store }) => {
      await store.close();
      return new Error("it was opened");
    },
    (error: Error) => error,
  );
  expect(folder.tree()).toEqual(before);
  return raised.message;
}

/** Tables that a message tells to make anew. */
const named = (message: string) => [...message.matchAll(/--table (\w+)/g)].map(([, name]) => name);

describe("a table whose file was damaged", { timeout: 600_000 }, () => {
  it.each([
    ["a flipped bit", (path: string) => flipBit(path, 8_180)],
    ["a file that was cut off", (path: string) => writeFileSync(path, "")],
  ])("is found at the next opening, whichever it is: %s", async (_, damage) => {
    const files = await filled();
    const whole = new Map([...files.values()].map((path) => [path, readFileSync(path)]));
    for (const path of files.values()) damage(path);
    expect(named(await refusal()).sort()).toEqual(JOURNALED.toSorted());
    for (const [path, bytes] of whole) writeFileSync(path, bytes);
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("agreed");
    await store.close();
  });

  it("is made anew from the journal by consent: the others, and what is beside the journal, stay as they are", async () => {
    const files = await filled();
    for (const relation of ["publishers", "people"]) writeFileSync(files.get(relation) ?? "", "");
    const { findings } = await checkStore(folder.path);
    expect(findings.flatMap(({ remedy }) => named(remedy)).sort()).toEqual(["people", "publishers"]);
    const recovery = await rebuildStore({
      ...{ dataDir: folder.path, from: { tables: ["people", "publishers"] } },
      logger: () => undefined,
    });
    expect(recovery).toMatchObject({ outcome: "tables-rebuilt", tables: ["people", "publishers"], lost: [] });
    expect(folder.asides()).toHaveLength(1);
    const { store } = await folder.open();
    expect(await store.db.select().from(publishers)).toHaveLength(1);
    expect(await store.db.select({ applied: devices.appliedPlatform }).from(devices)).toEqual([{ applied: 7 }]);
    expect(await rowsOf(store.db, sql`select count(*)::int as count from events`)).toEqual([{ count: 1 }]);
    // What refers to it does so as before.
    await expect(
      store.transaction(({ db }) => db.update(programs).set({ publisherId: "pub_nobody" })),
    ).rejects.toThrow();
    await store.close();
    expect((await checkStore(folder.path)).findings).toEqual([]);
  });

  it("keeps what can be read of columns that the journal leaves out, and says where nothing could", async () => {
    const files = await filled();
    flipBit(files.get("devices") ?? "", 8_180);
    const from = { tables: ["devices"] };
    const recovery = await rebuildStore({ dataDir: folder.path, from, logger: () => undefined });
    expect(recovery.lost).toEqual(["the newest values of columns that the journal leaves out (devices)"]);
    const { store } = await folder.open();
    expect(await store.db.select({ id: devices.id, applied: devices.appliedPlatform }).from(devices)).toEqual([
      { id: "devices_1", applied: 1 },
    ]);
    await store.close();
  });

  it("is never one that the journal does not have", async () => {
    await filled();
    const before = folder.tree();
    const from = { tables: ["events"] };
    await expect(rebuildStore({ dataDir: folder.path, from, logger: () => undefined })).rejects.toMatchObject({
      code: "invalid_input",
    });
    expect(folder.tree()).toEqual(before);
  });
});
