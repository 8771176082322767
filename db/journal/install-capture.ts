import type { PGlite } from "@electric-sql/pglite";
import { TABLES } from "./journaled-tables";

/**
 * Arguments: the key's columns, the columns whose change alone is not worth a record, and the column with the instant
 * where only voids are kept.
 */
const FUNCTIONS = `
create or replace function journal_capture() returns trigger language plpgsql as $body$
declare
  keys text[] := string_to_array(tg_argv[0], ',');
  ignored text[] := string_to_array(tg_argv[1], ',');
  stamp text := tg_argv[2];
  before jsonb;
  after jsonb;
  key_before jsonb;
  key_after jsonb;
begin
  if stamp = '' and tg_op = 'INSERT' then
    insert into journal_changes (relation, op, row) values (tg_table_name, 'put', to_jsonb(new));
    return null;
  end if;
  before := case when tg_op = 'INSERT' then null else to_jsonb(old) end;
  after := case when tg_op = 'DELETE' then null else to_jsonb(new) end;
  key_before := (select jsonb_object_agg(key, before -> key) from unnest(keys) as key);
  key_after := (select jsonb_object_agg(key, after -> key) from unnest(keys) as key);
  if stamp <> '' then
    if tg_op = 'DELETE' then
      insert into journal_changes (relation, op, row)
        values (tg_table_name, 'void-through', key_before || jsonb_build_object(stamp, before -> stamp));
    else
      insert into journal_changes (relation, op, row)
        values (tg_table_name, 'void-before', key_after || jsonb_build_object(stamp, after -> stamp));
    end if;
    return null;
  end if;
  if tg_op = 'UPDATE' and before - ignored = after - ignored then
    return null;
  end if;
  if tg_op = 'DELETE' or (tg_op = 'UPDATE' and key_before <> key_after) then
    insert into journal_changes (relation, op, row) values (tg_table_name, 'delete', key_before);
  end if;
  if tg_op <> 'DELETE' then
    insert into journal_changes (relation, op, row) values (tg_table_name, 'put', after);
  end if;
  return null;
end
$body$;
create or replace function journal_refuse_truncate() returns trigger language plpgsql as $body$
begin
  raise exception 'journaled tables are not truncated: % rows would leave without a record', tg_table_name;
end
$body$;
`;

type Sink = Pick<PGlite, "exec" | "query">;

/** Lets the database note every row written to a journaled table; part of opening, after migrating, and safe to repeat. */
export async function installCapture(sink: Sink): Promise<void> {
  const triggers = [...TABLES.values()].map(({ relation, keys, treatment }) => {
    if (treatment.keep === "nothing") {
      return `drop trigger if exists journal_capture on "${relation}";
        drop trigger if exists journal_refuse_truncate on "${relation}";`;
    }
    const ignored = treatment.keep === "rows" ? (treatment.ignored ?? []) : [];
    const stamp = treatment.keep === "voids" ? treatment.stamp : "";
    return `
      create or replace trigger journal_capture after insert or update or delete on "${relation}"
        for each row execute function journal_capture('${keys.join(",")}', '${ignored.join(",")}', '${stamp}');
      create or replace trigger journal_refuse_truncate before truncate on "${relation}"
        for each statement execute function journal_refuse_truncate();`;
  });
  await sink.exec(`${FUNCTIONS}${triggers.join("")}`);
}

/** The tables of ours that a database has; a schema before or after this program's may have others. */
export async function relationsThere(sink: Pick<PGlite, "query">): Promise<ReadonlySet<string>> {
  const { rows } = await sink.query<{ relation: string }>(
    "select relname as relation from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace",
  );
  return new Set(rows.map(({ relation }) => relation));
}

/** A table whose rows the journal notes. `stamp` names the instant where only voids are kept, and is empty elsewhere. */
export type KeptTable = { relation: string; stamp: string };

/**
 * The tables that the journal tells of, in the schema that the database has now: those that it captures, and of a
 * database that captures nothing yet those that this program would.
 */
export async function keptTables(sink: Sink): Promise<KeptTable[]> {
  const { rows } = await sink.query<{ relation: string; args: string }>(
    `select c.relname as relation, encode(t.tgargs, 'escape') as args
     from pg_trigger t join pg_class c on c.oid = t.tgrelid where t.tgname = 'journal_capture'`,
  );
  const kept = new Map<string, KeptTable>();
  const there = await relationsThere(sink);
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep === "nothing" || !there.has(relation)) continue;
    kept.set(relation, { relation, stamp: treatment.keep === "voids" ? treatment.stamp : "" });
  }
  for (const { relation, args } of rows) {
    // A NUL, escaped, ends each of the three arguments.
    const [, , stamp = ""] = args.split("\\000");
    kept.set(relation, { relation, stamp });
  }
  return [...kept.values()];
}
