import { sql } from "drizzle-orm";
import { rowsOf } from "../rows";
import type { Database } from "../store";

/**
 * A setting of the one session that all clients of an embedded store share: the last transaction that wrote what is counted of telemetry. It is
 * rolled back with its transaction, and another one each time.
 */
const LAST = sql.raw("'bulkhead.counted'");
const PRESENT = sql`pg_current_xact_id()::text`;

/** Which transaction of an embedded store counted last; to be asked before anything is read that counting writes. */
export type LastCounted = string;

/** Of the session that all clients share, on an embedded store alone; raises what the database raises. */
export async function readLastCounted(db: Database): Promise<LastCounted> {
  // Set where the session has none yet: so a session that begins later never has the same.
  const [row] = await rowsOf<{ last: string }>(
    db,
    sql`select set_config(${LAST}, coalesce(nullif(current_setting(${LAST}, true), ''), ${PRESENT}), false) as last`,
  );
  return row?.last ?? "";
}

/** Says that this transaction of an embedded store changes what is counted. Answers with the one that did before it. */
export async function noteCounting(db: Database): Promise<LastCounted | null> {
  const [row] = await rowsOf<{ was: string | null }>(
    db,
    sql`with before as materialized (select current_setting(${LAST}, true) as was)
        select was, set_config(${LAST}, ${PRESENT}, false) from before`,
  );
  return row?.was ?? null;
}
