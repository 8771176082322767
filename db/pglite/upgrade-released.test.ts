import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TABLES } from "../journal/journaled-tables";
import { openStore } from "../open-store";
import type { Store } from "../store";
import { temporaryBase } from "../testing/data-folder";
import { dumpTable } from "../testing/fill-tables";
import { releasedFacts, unpackReleased } from "../testing/released-folder";

const facts = releasedFacts();
let base = "";
let dataDir = "";
beforeEach(() => {
  base = mkdtempSync(join(temporaryBase(), "bulkhead-released-"));
  dataDir = join(base, "data");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const open = () => openStore({ location: { kind: "pglite", dataDir }, logger: () => undefined });

type Row = Record<string, unknown>;
const inOrder = (rows: Row[]) => rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();

/** The rows that the released version had, as far as its columns go, in today's store. */
async function releasedRows(store: Store): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [relation, released] of Object.entries(facts.rows)) {
    const columns = Object.keys(released[0] ?? {});
    const rows = (await dumpTable(store.db, relation)).map((text) => JSON.parse(text) as Row);
    found[relation] = inOrder(rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]]))));
  }
  return found;
}
const expected = Object.fromEntries(Object.entries(facts.rows).map(([relation, rows]) => [relation, inOrder(rows)]));

describe("the data folder of the released version", { timeout: 120_000 }, () => {
  it("has rows in every table that was journaled, and beside the journal", () => {
    expect(Object.keys(facts.counts).filter((relation) => facts.counts[relation] === 0)).toEqual(["journal_changes"]);
    const kept = [...TABLES.values()].filter(({ treatment }) => treatment.keep === "rows");
    expect(kept.map(({ relation }) => relation)).toEqual(expect.arrayContaining(Object.keys(facts.rows)));
  });

  it("is upgraded with every row as it was: members, documents and their bytes, audit, and what is not journaled", async () => {
    unpackReleased(dataDir);
    const { store } = await open();
    expect(await releasedRows(store)).toEqual(expected);
    for (const relation of ["credentials", "identities", "bundles", "telemetry_minutes", "events"]) {
      expect(await dumpTable(store.db, relation)).toHaveLength(facts.counts[relation] ?? -1);
    }
    await store.close();
    const again = await open();
    expect(again.recovery.outcome).toBe("agreed");
    expect(await releasedRows(again.store)).toEqual(expected);
    await again.store.close();
  });
});
