import { expect, it } from "vitest";
import { openPostgresConnection } from "./backup/connection";
import { checkPostgres } from "./check-postgres";
import { openStore } from "./open-store";
import { fillTables } from "./testing/fill-tables";
import { postgresServer } from "./testing/postgres-server";

it("a check of Postgres reads every table, and names the one that cannot be read", async () => {
  const url = await (await postgresServer()).createDatabase();
  const { store } = await openStore({ location: { kind: "postgres", url }, logger: () => undefined });
  await store.transaction(({ db }) => fillTables(db));
  await store.close();
  const whole = await checkPostgres(url);
  expect(whole.findings).toEqual([]);
  expect(whole.tables).toContainEqual({ table: "people", rows: 1 });

  // One whose rows raise when they are read.
  const connection = await openPostgresConnection(url);
  await connection.query("create table unreadable (id text)");
  await connection.query("insert into unreadable values ('one')");
  await connection.query("create role reader login");
  await connection.query("grant usage on schema public to reader");
  await connection.query("grant select on all tables in schema public to reader");
  await connection.query("grant select on all sequences in schema public to reader");
  await connection.query("revoke select on unreadable from reader");
  await connection.close();
  const asReader = new URL(url);
  asReader.username = "reader";
  expect((await checkPostgres(asReader.href)).findings).toEqual([
    { code: "table-unreadable", found: expect.stringContaining("unreadable"), remedy: expect.any(String) },
  ]);
  await expect(checkPostgres("postgres://nobody@127.0.0.1:1/none")).rejects.toMatchObject({ code: "unavailable" });
});
