import { makePostgres, type PostgresMachine } from "./postgres-machine";

let machine: PostgresMachine | undefined;

/** One Postgres for all files of a run on it, where nothing names another. Vitest calls this before the first file. */
export async function setup(): Promise<void> {
  const { BULKHEAD_TEST_STORE: kind, BULKHEAD_TEST_POSTGRES_URL: named } = process.env;
  if (kind !== "postgres" || named !== undefined) return;
  machine = await makePostgres();
  await machine.start();
  process.env.BULKHEAD_TEST_POSTGRES_URL = machine.adminUrl;
}

/** Called after the last file. */
export async function teardown(): Promise<void> {
  await machine?.stop();
  await machine?.remove();
}
