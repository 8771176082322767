import type { Database, Store } from "../../db/store";

type Query = { sql: string; params: unknown[] };
type PreparedQuery = { execute(...values: unknown[]): Promise<unknown> };
type Session = { prepareQuery(query: Query, ...parts: unknown[]): PreparedQuery };

export type Statement = Query & { ms: number };

/** Every statement is prepared by the database's session, which drizzle does not type. */
const sessionOf = (db: Database): Session => (db as unknown as { session: Session }).session;

/** Tells of each statement that is asked outside a transaction, and how long it took from the question to its rows as values. */
export function watchStatements({ db }: Pick<Store, "db">, took: (statement: Statement) => void): void {
  const session = sessionOf(db);
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (query, ...parts) => {
    const prepared = prepareQuery(query, ...parts);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (...values) => {
      const from = performance.now();
      try {
        return await execute(...values);
      } finally {
        took({ ms: performance.now() - from, sql: query.sql, params: query.params });
      }
    };
    return prepared;
  };
}

/** A step of a plan that was run, as the database tells of it. */
export type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: PlanNode[];
};

/** How the database runs a statement, run once more. */
export async function explain(db: Database, { sql, params }: Query): Promise<PlanNode> {
  const query = { sql: `explain (analyze, timing off, format json) ${sql}`, params };
  const prepared = sessionOf(db).prepareQuery(query, undefined, undefined, false);
  const { rows } = (await prepared.execute()) as { rows: { "QUERY PLAN": [{ Plan: PlanNode }] }[] };
  const [row] = rows;
  if (row === undefined) throw new Error("The database tells of no plan");
  return row["QUERY PLAN"][0].Plan;
}
