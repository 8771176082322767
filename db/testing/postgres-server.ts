import { openPostgresConnection } from "../backup/connection";
import { makePostgres } from "./postgres-machine";

type PostgresServer = {
  /** Makes an empty database and answers with its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
};

let running: Promise<PostgresServer> | undefined;

/**
 * The Postgres of this test process: the server that `BULKHEAD_TEST_POSTGRES_URL` names, or one of its own. Started at
 * first use.
 */
export function postgresServer(): Promise<PostgresServer> {
  const url = process.env.BULKHEAD_TEST_POSTGRES_URL;
  running ??= url === undefined ? startOwn() : Promise.resolve(serverAt(url, async () => undefined));
  return running;
}

/** Stops the server that this process started, if it did. */
export async function stopPostgresServer(): Promise<void> {
  const server = await running;
  running = undefined;
  await server?.stop();
}

async function startOwn(): Promise<PostgresServer> {
  const machine = await makePostgres();
  await machine.start();
  return serverAt(machine.adminUrl, async () => {
    await machine.stop();
    await machine.remove();
  });
}

function serverAt(adminUrl: string, stop: () => Promise<void>): PostgresServer {
  let databases = 0;
  return {
    async createDatabase() {
      databases += 1;
      const name = `bulkhead_test_${process.pid}_${databases}_${Date.now().toString(36)}`;
      const admin = await openPostgresConnection(adminUrl);
      await admin.query(`create database ${name}`);
      await admin.close();
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    stop,
  };
}
