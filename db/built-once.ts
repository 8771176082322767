import { type Placeholder, type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { invariant } from "@/lib/platform/errors";

/**
 * A statement written in SQL that is put together once and then asked with other texts: putting one together out of columns
 * costs more than asking it. `build` gets a place for each text by its name.
 */
export function builtOnce<Name extends string>(
  names: readonly Name[],
  build: (places: Readonly<Record<Name, Placeholder>>) => SQL,
): (values: Readonly<Record<Name, string>>) => SQL {
  let parts: (string | { name: Name })[] | undefined;

  function putTogether() {
    // Safe: one place for each name.
    const places = Object.fromEntries(
      names.map((name): [string, Placeholder] => [name, sql.placeholder(name)]),
    ) as Record<Name, Placeholder>;
    const { sql: text, params } = new PgDialect().sqlToQuery(build(places));
    return text.split(/\$(\d+)/).map((part, at) => {
      if (at % 2 === 0) return part;
      const name = names.find((one) => params[Number(part) - 1] === places[one]);
      invariant(name !== undefined, "a statement that is built once has no values of its own");
      return { name };
    });
  }

  return (values) => {
    parts ??= putTogether();
    return sql.join(parts.map((part) => (typeof part === "string" ? sql.raw(part) : sql`${values[part.name]}`)));
  };
}
