import { invariant } from "@/lib/platform/errors";
import { insideTransaction } from "../inside-transaction";
import type { PostgresConnection, Queryable } from "./connect";
import { OutcomeUnknown } from "./connection-fault";

type Connection = Queryable & Pick<PostgresConnection, "isLost" | "cut">;

/**
 * Runs `fn` in one transaction on a connection, and commits. What is not committed when the connection is lost is rolled
 * back by the server. Raises what `fn` and the statements raise, and `OutcomeUnknown` where the server was asked to commit
 * and did not say whether it has.
 */
export async function inTransaction<T>(connection: Connection, fn: (inside: Queryable) => Promise<T>): Promise<T> {
  const inside = insideTransaction((...asked: Parameters<Queryable["query"]>) => connection.query(...asked));
  await connection.query("begin");
  let result: T;
  try {
    result = await fn(inside);
  } catch (error) {
    inside.end();
    await rollBack(connection);
    throw error;
  }
  inside.end();
  await commit(connection);
  return result;
}

/** A connection that cannot even do that is not used again. */
async function rollBack(connection: Connection): Promise<void> {
  try {
    await connection.query("rollback");
  } catch {
    connection.cut();
  }
}

async function commit(connection: Connection): Promise<void> {
  let command: string;
  try {
    ({ command } = await connection.query("commit"));
  } catch (error) {
    throw connection.isLost() ? new OutcomeUnknown(error) : error;
  }
  // The server's word for: a statement had failed, so nothing is kept.
  invariant(command === "COMMIT", "a transaction went on after one of its statements had failed");
}
