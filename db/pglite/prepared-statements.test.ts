import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../store-connection";
import { PARSERS } from "./create-pglite-connection";
import { createPreparedStatements } from "./prepared-statements";

let client: PGlite;
let statements: ReturnType<typeof createPreparedStatements>;

beforeAll(async () => {
  client = await PGlite.create();
  statements = createPreparedStatements(client, PARSERS);
});
afterAll(() => client.close());

const ask = (sql: string, params: readonly unknown[] = [], rowMode: Statement["rowMode"] = "object") =>
  statements.query({ sql, params, rowMode }, false);
const keptByDatabase = async () => (await client.query("select name from pg_prepared_statements")).rows.length;

describe("a statement that is asked again and again", () => {
  it.each(["array", "object"] as const)("is answered as the library answers it, every time (%s)", async (rowMode) => {
    const sql = `select $1::text as t, $2::bigint as big, $3::bool as yes, $4::jsonb as doc, $5::bytea as bytes,
      $6::text[] as list, $7::timestamptz as at, $8::float8 as f, null as nothing, $9::int as absent`;
    const bytes = new Uint8Array([0, 1, 255]);
    const at = "2026-11-30T00:00:00.000Z";
    const params = ["it's \u{1F980}", 2 ** 40, true, { a: [1, "x"] }, bytes, ["a,b", 'c"d'], at, 1.5, null];
    const { rows } = await client.query(sql, params, { rowMode, parsers: PARSERS });
    for (let time = 0; time < 4; time += 1) expect((await ask(sql, params, rowMode)).rows).toEqual(rows);
  });

  it("answers no rows where there are none, and counts none that it wrote", async () => {
    await ask("create table written (n int primary key)");
    for (let n = 0; n < 3; n += 1) expect(await ask("insert into written values ($1)", [n])).toEqual({ rows: [] });
    for (let n = 0; n < 3; n += 1) expect((await ask("select n from written where n = $1", [9 + n])).rows).toEqual([]);
  });

  it("raises the database's own error, and is answered afterwards", async () => {
    const sql = "select 10 / $1::int as of";
    for (let time = 0; time < 3; time += 1) {
      await expect(ask(sql, [0])).rejects.toMatchObject({ code: "22012" });
      expect((await ask(sql, [5])).rows).toEqual([{ of: 2 }]);
    }
    await expect(ask("select * from nowhere")).rejects.toMatchObject({ code: "42P01" });
  });

  it("answers the columns that there are now, where its table was changed", async () => {
    await ask("create table changed (a int)");
    await ask("insert into changed values (1)");
    for (let time = 0; time < 3; time += 1) expect((await ask("select * from changed")).rows).toEqual([{ a: 1 }]);
    await ask("alter table changed add column b int default 2");
    expect((await ask("select * from changed")).rows).toEqual([{ a: 1, b: 2 }]);
  });

  it("is of the transaction that it is asked in, and goes with it", async () => {
    await ask("create table within (n int primary key)");
    const insert = { sql: "insert into within values ($1)", params: [1], rowMode: "array" } as const;
    for (let time = 0; time < 3; time += 1) {
      const transaction = client.transaction(async () => {
        await statements.query(insert, true);
        await statements.query(insert, true);
      });
      await expect(transaction).rejects.toMatchObject({ code: "23505" });
      expect((await ask("select count(*)::int as n from within")).rows).toEqual([{ n: 0 }]);
    }
  });
});

describe("what the database keeps", () => {
  it("is nothing of a statement that came once, and never more than 256 of them", async () => {
    const before = await keptByDatabase();
    await ask("select 'once'");
    expect(await keptByDatabase()).toBe(before);
    for (let n = 0; n < 300; n += 1) for (let time = 0; time < 2; time += 1) await ask(`select ${n}`);
    expect(await keptByDatabase()).toBe(256);
    expect((await ask("select 0 as first")).rows).toEqual([{ first: 0 }]);
  });

  it("is planned anew, so that a table that has grown is not read as the empty one that it was", async () => {
    await ask("create table grown (id int primary key, note text)");
    const sql = "select note from grown where id = $1";
    for (let n = 0; n < 10; n += 1) await ask(sql, [n]);
    const [kept] = (
      await client.query<{ name: string }>("select name from pg_prepared_statements where statement = $1", [sql])
    ).rows;
    const plan = async () => JSON.stringify((await client.query(`explain execute ${kept?.name}(7)`)).rows);
    await client.exec("set plan_cache_mode = force_generic_plan");
    await client.exec("insert into grown select n, repeat('x', 100) from generate_series(1, 5000) n");
    await client.exec("set enable_indexscan = off; set enable_bitmapscan = off; discard plans");
    expect(await plan()).toContain("Seq Scan");
    await client.exec("reset enable_indexscan; reset enable_bitmapscan");
    expect(await plan()).toContain("Seq Scan");
    for (let n = 0; n < 1_000; n += 1) await ask(sql, [n]);
    await statements.renewPlans();
    expect(await plan()).toContain("Index Scan");
  });
});
