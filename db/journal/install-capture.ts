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
  before jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) end;
  after jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) end;
  key_before jsonb := (select jsonb_object_agg(key, before -> key) from unnest(keys) as key);
  key_after jsonb := (select jsonb_object_agg(key, after -> key) from unnest(keys) as key);
begin
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

/** Lets the database note every row written to a journaled table; part of opening, and safe to repeat. */
export async function installCapture(client: PGlite): Promise<void> {
  const triggers = [...TABLES.values()].map(({ relation, keys, treatment }) => {
    if (treatment.keep === "nothing") return "";
    const ignored = treatment.keep === "rows" ? (treatment.ignored ?? []) : [];
    const stamp = treatment.keep === "voids" ? treatment.stamp : "";
    return `
      create or replace trigger journal_capture after insert or update or delete on "${relation}"
        for each row execute function journal_capture('${keys.join(",")}', '${ignored.join(",")}', '${stamp}');
      create or replace trigger journal_refuse_truncate before truncate on "${relation}"
        for each statement execute function journal_refuse_truncate();`;
  });
  await client.exec(`${FUNCTIONS}${triggers.join("")}`);
}
