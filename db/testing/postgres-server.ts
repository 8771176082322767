type PostgresServer = {
  /** Makes a database of its own, empty or with this program's schema, and answers with its URL. */
  createDatabase(state?: "bare" | "migrated"): Promise<string>;
  /** Ends the server that was started here; of another's, the databases that were made here. */
  stop(): Promise<void>;
};

/** Any constant: of test processes at one server, one makes the template. */
const TEMPLATE_LOCK = 7_261_104;

let running: Promise<PostgresServer> | undefined;

/**
 * The Postgres of this test file: the server that `BULKHEAD_TEST_POSTGRES_URL` names, or one of its own. Started at
 * first use.
 */
export function postgresServer(): Promise<PostgresServer> {
  const url = process.env.BULKHEAD_TEST_POSTGRES_URL;
  running ??= url === undefined ? startOwn() : Promise.resolve(serverAt(url, null));
  return running;
}

/** Ends what the file had of Postgres, if it had any. Every test file is followed by it. */
export async function stopPostgresServer(): Promise<void> {
  const server = await running;
  running = undefined;
  await server?.stop();
}

async function startOwn(): Promise<PostgresServer> {
  const { makePostgres } = await import("./postgres-machine");
  const machine = await makePostgres();
  await machine.start();
  return serverAt(machine.adminUrl, async () => {
    await machine.stop();
    await machine.remove();
  });
}

function serverAt(adminUrl: string, end: (() => Promise<void>) | null): PostgresServer {
  const made: string[] = [];
  const at = (name: string) => Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;

  async function asAdmin<T>(work: (run: (statement: string) => Promise<unknown[]>) => Promise<T>): Promise<T> {
    const { openPostgresConnection } = await import("../backup/connection");
    const admin = await openPostgresConnection(adminUrl);
    try {
      return await work((statement) => admin.query(statement));
    } finally {
      await admin.close();
    }
  }

  /** Copied by what is migrated: a copy takes a tenth of the time that the steps take. */
  async function template(): Promise<string> {
    const { findMigrationsFolder, migrationsSha256 } = await import("../migrate");
    const { ensureSchema } = await import("../postgres/migrate-postgres");
    const migrationsFolder = findMigrationsFolder();
    const name = `bulkhead_template_${migrationsSha256(migrationsFolder).slice(0, 16)}`;
    await asAdmin(async (run) => {
      await run(`select pg_advisory_lock(${TEMPLATE_LOCK})`);
      const found = await run(`select 1 from pg_database where datname = '${name}'`);
      if (found.length > 0) return;
      // One that was begun and not finished.
      await run(`drop database if exists ${name}_new`);
      await run(`create database ${name}_new`);
      await ensureSchema({ url: at(`${name}_new`), migrationsFolder });
      await run(`alter database ${name}_new rename to ${name}`);
    });
    return name;
  }
  let migrated: Promise<string> | undefined;

  return {
    async createDatabase(state = "bare") {
      if (state === "migrated") migrated ??= template();
      const from = migrated === undefined || state === "bare" ? "" : `template ${await migrated}`;
      const name = `bulkhead_test_${process.pid}_${made.length + 1}_${Date.now().toString(36)}`;
      made.push(name);
      await asAdmin((run) => run(`create database ${name} ${from}`));
      return at(name);
    },
    async stop() {
      if (end !== null) return await end();
      await asAdmin(async (run) => {
        for (const name of made.splice(0)) await run(`drop database if exists ${name} with (force)`);
      });
    },
  };
}
