import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { listDays } from "../partitions";
import { rowsOf } from "../rows";
import type { Store } from "../store";
import { cutTable, damageTable, withDataFolder } from "../testing/data-folder";
import { fillTables } from "../testing/fill-tables";
import { findBrokenFigures, listFiguresAside, setFiguresAside } from "./broken-figures";

const folder = withDataFolder();
const AT = new Date("2026-03-02T10:00:00Z");

const indexesOf = (store: Store) =>
  rowsOf<{ definition: string }>(
    store.db,
    sql`select indexdef as definition from pg_indexes where schemaname in ('public', 'days') order by 1`,
  );

async function filled(): Promise<void> {
  const { store } = await folder.open();
  await store.transaction((tx) => fillTables(tx.db));
  await store.close();
}

describe("figures that cannot be read", { timeout: 300_000 }, () => {
  it("are found table by table and day by day, and put aside: the store goes on with empty ones like them", async () => {
    await filled();
    await damageTable(folder.path, "public.unlisted_minutes");
    await damageTable(folder.path, "days.events_20260301");
    const { store } = await folder.open();
    const before = await indexesOf(store);
    const broken = await findBrokenFigures(store);
    expect(broken).toEqual([
      { relation: "events", day: "events_20260301", says: expect.stringContaining("invalid page") },
      { relation: "unlisted_minutes", day: null, says: expect.stringContaining("invalid page") },
    ]);
    for (const each of broken) await store.transaction((tx) => setFiguresAside(tx, each, AT));
    expect(await listFiguresAside(store.db)).toEqual([
      "events_20260301_20260302100000",
      "unlisted_minutes_20260302100000",
    ]);
    expect(await findBrokenFigures(store)).toEqual([]);
    expect(await indexesOf(store)).toEqual(before);
    expect(await listDays(store.db, "events")).toContain(Date.parse("2026-03-01T00:00:00Z") / 86_400_000);
    expect(await rowsOf(store.db, sql`select count(*)::int as count from events`)).toEqual([{ count: 0 }]);
    expect(await rowsOf(store.db, sql`select count(*)::int as count from devices`)).toEqual([{ count: 1 }]);
    await store.close();
  });

  it("are found where their files were cut off, which reads as an empty table", async () => {
    await filled();
    await cutTable(folder.path, "public.detail_days");
    await cutTable(folder.path, "days.telemetry_batches_20260301");
    const { store } = await folder.open();
    expect((await findBrokenFigures(store)).map(({ relation }) => relation)).toEqual([
      "detail_days",
      "telemetry_batches",
    ]);
    await store.close();
  });

  it("are none where nothing is damaged", async () => {
    await filled();
    const { store } = await folder.open();
    expect(await findBrokenFigures(store)).toEqual([]);
    await store.close();
  });
});
