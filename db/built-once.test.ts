import { sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { expect, it } from "vitest";
import { builtOnce } from "./built-once";
import { devices } from "./schema";

const dialect = new PgDialect();

it("asks what was put together once, each time with its own texts, in every place that they have", () => {
  let times = 0;
  const find = builtOnce(["id", "name"], ({ id, name }) => {
    times += 1;
    return sql`select ${devices.id} from ${devices} where ${devices.name} = ${name} or ${devices.id} in (${id}, ${name})`;
  });
  const text = `select "devices"."id" from "devices" where "devices"."name" = $1 or "devices"."id" in ($2, $3)`;
  for (const id of ["a", "$1'"]) {
    expect(dialect.sqlToQuery(find({ id, name: "b" }))).toMatchObject({ sql: text, params: ["b", id, "b"] });
  }
  expect(times).toBe(1);
});

it("refuses a statement with a value of its own, which would be kept for all", () => {
  const find = builtOnce(["id"], ({ id }) => sql`select ${1} where ${devices.id} = ${id}`);
  expect(() => find({ id: "a" })).toThrow(expect.objectContaining({ code: "internal" }));
});
