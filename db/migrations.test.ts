import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import { applyMigrations, findMigrationsFolder, type Migration, planMigrations } from "./migrate";
import { rowsOf } from "./rows";
import * as schema from "./schema";
import { describeStores } from "./testing/with-test-store";

type Snapshot = ReturnType<typeof generateDrizzleJson>;

function newestSnapshot(): Snapshot {
  const meta = join(findMigrationsFolder(), "meta");
  const newest = readdirSync(meta)
    .filter((name) => name.endsWith("_snapshot.json"))
    .sort()
    .at(-1);
  return JSON.parse(readFileSync(join(meta, newest ?? ""), "utf8")) as Snapshot;
}

describe("migrations", () => {
  it("leave nothing of the schema ungenerated", async () => {
    const statements = await generateMigration(newestSnapshot(), generateDrizzleJson({ ...schema }));
    expect(statements).toEqual([]);
  });

  it("are numbered in the order of their files, so that none is skipped", () => {
    const folder = findMigrationsFolder();
    const journal = JSON.parse(readFileSync(join(folder, "meta", "_journal.json"), "utf8")) as {
      entries: { tag: string; when: number }[];
    };
    const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
    expect(journal.entries.map(({ tag }) => `${tag}.sql`)).toEqual(files.sort());
    const times = journal.entries.map(({ when }) => when);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe("the steps of a schema", () => {
  const step = (at: number, ...statements: string[]): Migration => ({
    name: `step_${at}`,
    at,
    sha256: "0",
    statements,
  });
  const known = [step(1), step(3), step(5)];

  it("that are pending are all that a database lacks, a skipped one too, and unknown what this program lacks", () => {
    const at = (applied: number[]) => {
      const { pending, unknown } = planMigrations(known, applied);
      return { pending: pending.map((migration) => migration.at), unknown };
    };
    expect(at([])).toEqual({ pending: [1, 3, 5], unknown: [] });
    expect(at([1, 5])).toEqual({ pending: [3], unknown: [] });
    expect(at([1, 3, 5, 7])).toEqual({ pending: [], unknown: [7] });
  });

  it("name the one that failed, its statement and the database's words, and none after it is taken", async () => {
    const run: string[] = [];
    const failing = applyMigrations(
      async (statement) => {
        run.push(statement);
        if (statement === "create\n  thing") throw new Error("it is there");
        return [];
      },
      [step(1, "first"), step(3, "create\n  thing"), step(5, "never")],
    );
    await expect(failing).rejects.toThrow("step_3: it is there, at: create thing");
    expect(run).not.toContain("never");
  });
});

describeStores("a migrated store", (held) => {
  it("has the tables, columns and keys that the schema says", async () => {
    const rows = await rowsOf<{ relation: string; name: string; is_nullable: string }>(
      held.store.db,
      sql`select table_name as relation, column_name as name, is_nullable from information_schema.columns
          where table_schema = 'public' order by 1, 2`,
    );
    const actual = rows.map(({ relation, name, is_nullable }) => `${relation}.${name} ${is_nullable}`);
    const expected = Object.values<unknown>(schema).flatMap((table) => {
      if (!is(table, PgTable)) return [];
      const config = getTableConfig(table);
      const keys = new Set(config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
      return config.columns.map((column) => {
        const isRequired = column.notNull || column.primary || keys.has(column.name);
        return `${config.name}.${column.name} ${isRequired ? "NO" : "YES"}`;
      });
    });
    expect(actual.sort()).toEqual(expected.sort());
  });
});
