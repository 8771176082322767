import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { describe, expect, it } from "vitest";
import { checkStore } from "./check-store";
import { rebuildStore } from "./rebuild-store";
import { devices } from "./schema";
import { withDataFolder } from "./testing/data-folder";
import { fillTables } from "./testing/fill-tables";

const folder = withDataFolder();

async function fill(): Promise<void> {
  const { store } = await folder.open();
  await store.transaction((tx) => fillTables(tx.db));
  // What a device says of itself makes no record, and is no difference.
  await store.transaction((tx) => tx.db.update(devices).set({ appliedPlatform: 7 }));
  await store.close();
}

/** Works on the database behind the store's back. */
async function behind<T>(work: (client: PGlite) => Promise<T>): Promise<T> {
  const client = await PGlite.create(join(folder.path, "store"));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Checks, and holds that the folder is byte for byte as it was. */
async function check() {
  const before = folder.tree();
  const found = await checkStore(folder.path);
  expect(folder.tree()).toEqual(before);
  return found;
}

describe("a check of a store", { timeout: 120_000 }, () => {
  it("finds nothing where rows and journal say the same, and counts every table", async () => {
    await fill();
    const { findings, tables } = await check();
    expect(findings).toEqual([]);
    expect(tables).toEqual(expect.arrayContaining(["devices", "events"].map((table) => ({ table, rows: 1 }))));
  });

  it("finds rows that were changed, removed and put in behind the journal, and its remedy makes them good", async () => {
    await fill();
    await behind((client) =>
      client.exec(`set session_replication_role = replica;
        update publishers set name = 'another'; delete from published_members;
        insert into people select (jsonb_populate_record(p, '{"id": "intruder", "email": "i@example.test"}')).* from people p`),
    );
    const { findings } = await check();
    expect(findings.map(({ code, found }) => [code, found.split(":")[0]]).sort()).toEqual([
      ["rows-differ", "people"],
      ["rows-differ", "published_members"],
      ["rows-differ", "publishers"],
    ]);
    for (const { found, remedy } of findings) expect(remedy).toContain(`rebuild --table ${found.split(":")[0]} `);
    const from = { tables: ["people", "published_members", "publishers"] };
    await rebuildStore({ dataDir: folder.path, from, logger: () => undefined });
    expect((await check()).findings).toEqual([]);
  });

  it("names each table that cannot be read, and reads the others", async () => {
    await fill();
    const path = await behind(async (client) => {
      const { rows } = await client.query<{ path: string }>(
        "select pg_relation_filepath('days.events_20260301') as path",
      );
      return join(folder.path, "store", rows[0]?.path ?? "");
    });
    const data = readFileSync(path);
    writeFileSync(path, data.fill(7, 0, 24));
    const { findings, tables } = await check();
    expect(findings).toMatchObject([{ code: "table-unreadable", found: expect.stringMatching(/^events: /) }]);
    expect(tables).toContainEqual({ table: "devices", rows: 1 });
  });

  it("says of a store that would not be opened what a start would say", async () => {
    await fill();
    writeFileSync(join(folder.path, "store", "PG_VERSION"), "17\n");
    expect((await check()).findings).toMatchObject([{ code: "other-database-version" }]);
  });
});
