import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openPostgresConnection } from "@/db/backup/connection";
import { postgresServer, stopPostgresServer } from "@/db/testing/postgres-server";
import { START_FAULT_CODES } from "@/lib/platform/explain-start-failure";
import { freePort, freshFolder, kill, refusedStart, startFaulted } from "./fault-server";
import { smallDisk, whyNoSmallDisk } from "./small-disk";

afterAll(stopPostgresServer);

type Cause = { env?: Record<string, string>; args?: string[]; dataDir?: string };
const told = new Set<string>();

/** A start that fails for this, with a remedy; the code that it tells. */
async function codeOf({ dataDir = join(freshFolder(), "data"), ...how }: Cause): Promise<string> {
  const { code, message, remedy } = await refusedStart(dataDir, how);
  expect(message).not.toBe("");
  expect(remedy).not.toBe("");
  told.add(code);
  return code;
}

/** A database, and its URL as a role that may do what the statements say. */
async function databaseAs(role: string, statements: (database: string) => string[]): Promise<string> {
  const url = new URL(await (await postgresServer()).createDatabase());
  const admin = await openPostgresConnection(url.href);
  for (const statement of statements(url.pathname.slice(1))) await admin.query(statement);
  await admin.close();
  url.username = role;
  return url.href;
}

describe("a start that fails tells its cause by its code, with a remedy:", () => {
  it("a port that is taken", async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    expect(await codeOf({ args: ["--port", String(port)] })).toBe("port_in_use");
    other.close();
  });

  it("an address of another machine", async () => {
    expect(await codeOf({ args: ["--host", "192.0.2.1"] })).toBe("address_not_here");
  });

  it("a data folder below a file", async () => {
    const file = join(freshFolder(), "file");
    writeFileSync(file, "");
    expect(await codeOf({ dataDir: join(file, "data") })).toBe("path_not_usable");
  });

  it("an option that cannot be read", async () => {
    expect(await codeOf({ args: ["--port", "99999"] })).toBe("invalid_input");
  });

  it("a store of another platform", async () => {
    const server = await startFaulted(freshFolder());
    await kill(server);
    const { dataDir } = server;
    expect(await codeOf({ dataDir, env: { BULKHEAD_PLATFORM_ID: "another.example" } })).toBe("conflict");
  });

  it("a Postgres that is away, unknown, closed to us, without the database, without rights, full, or read-only", async () => {
    const url = await (await postgresServer()).createDatabase();
    const at = (change: (url: URL) => void) => {
      const changed = new URL(url);
      change(changed);
      return { env: { DATABASE_URL: changed.href } };
    };
    const closedPort = await freePort();
    expect(await codeOf(at((to) => (to.port = String(closedPort))))).toBe("postgres_unreachable");
    expect(await codeOf(at((to) => (to.hostname = "nowhere.invalid")))).toBe("postgres_unknown_host");
    expect(await codeOf(at((to) => (to.username = "nobody_knows")))).toBe("postgres_sign_in");
    expect(await codeOf(at((to) => (to.pathname = "/nowhere")))).toBe("postgres_no_database");
    const poor = await databaseAs("poor", () => ["create role poor login"]);
    expect(await codeOf({ env: { DATABASE_URL: poor } })).toBe("postgres_no_rights");
    const limited = await databaseAs("few", (database) => [
      "create role few login connection limit 0",
      `grant create on database ${database} to few`,
    ]);
    expect(await codeOf({ env: { DATABASE_URL: limited } })).toBe("postgres_full");
    const standby = await databaseAs("reader", (database) => [
      "create role reader login",
      `grant create on database ${database} to reader`,
      "alter role reader set default_transaction_read_only = on",
    ]);
    expect(await codeOf({ env: { DATABASE_URL: standby } })).toBe("postgres_read_only");
  });

  const missing = whyNoSmallDisk();
  if (missing !== null) process.stderr.write(`skipped: a full disk under the keys: ${missing}\n`);
  it.skipIf(missing !== null)("a full disk under the keys", async () => {
    const disk = smallDisk(1);
    const env = { DATABASE_URL: await (await postgresServer()).createDatabase() };
    disk.fill(0);
    expect(await codeOf({ env, dataDir: disk.path })).toBe("disk_full");
  });

  it("all that there are", () => {
    const here = START_FAULT_CODES.filter((code) => !(code === "disk_full" && missing !== null));
    // Whoever may bind every port cannot meet this one.
    expect(here.filter((code) => !told.has(code))).toEqual(process.getuid?.() === 0 ? ["port_not_allowed"] : []);
  });
});
