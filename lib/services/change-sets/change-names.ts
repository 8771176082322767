import { inArray } from "drizzle-orm";
import { people, programs, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import { describeChange } from "@/lib/domain/describe-change";
import type { Names } from "@/lib/domain/kinds/kind";
import type { Change } from "@/lib/domain/members";

/** The names that the titles of these changes ask for. Which ids they are, the titles themselves say. */
export async function readChangeNames(db: Database, changes: readonly Change[]): Promise<Names> {
  const asked = { publisher: new Set<string>(), person: new Set<string>(), program: new Set<string>() };
  const record = (ids: Set<string>) => (id: string) => {
    ids.add(id);
    return null;
  };
  const recorder = {
    publisher: record(asked.publisher),
    person: record(asked.person),
    program: record(asked.program),
  };
  for (const change of changes) describeChange(change, recorder, "done");
  const tables = {
    publisher: { table: publishers, id: publishers.id },
    person: { table: people, id: people.id },
    program: { table: programs, id: programs.appId },
  };
  const read = async (kind: keyof typeof tables) => {
    if (asked[kind].size === 0) return () => null;
    const { table, id } = tables[kind];
    const rows = await db
      .select({ id, name: table.name })
      .from(table)
      .where(inArray(id, [...asked[kind]]));
    const names = new Map(rows.map((row) => [row.id, row.name]));
    return (wanted: string) => names.get(wanted) ?? null;
  };
  return { publisher: await read("publisher"), person: await read("person"), program: await read("program") };
}
