import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { explainStartFailure } from "@/lib/platform/explain-start-failure";
import { openPostgresConnection } from "../backup/connection";
import { findMigrationsFolder } from "../migrate";
import { openStore } from "../open-store";
import { readPlatformMembersOf } from "../published-members";
import { publishers } from "../schema";
import type { Store } from "../store";
import { postgresServer } from "../testing/postgres-server";
import { ensureSchema, type SchemaOptions } from "./migrate-postgres";

type Steps = { entries: { tag: string; when: number; idx: number; version: string; breakpoints: boolean }[] };

let url = "";
let folder = "";
beforeEach(async () => {
  url = await (await postgresServer()).createDatabase();
  folder = mkdtempSync(join(tmpdir(), "bulkhead-steps-"));
  cpSync(findMigrationsFolder(), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Changes the steps that a program has; the folder is a copy. */
function editSteps(edit: (steps: Steps) => void): void {
  const path = join(folder, "meta", "_journal.json");
  const steps = JSON.parse(readFileSync(path, "utf8")) as Steps;
  edit(steps);
  writeFileSync(path, JSON.stringify(steps));
}
const toFirstStep = () => editSteps((steps) => steps.entries.splice(1));
function addStep(name: string, sql: string): void {
  writeFileSync(join(folder, `${name}.sql`), sql);
  editSteps(({ entries }) => {
    entries.push({ idx: entries.length, version: "7", when: Date.parse("2027-01-01"), tag: name, breakpoints: true });
  });
}

const ensure = (more: Partial<SchemaOptions> = {}) => ensureSchema({ url, migrationsFolder: folder, ...more });
const open = async (more: Partial<SchemaOptions> = {}): Promise<Store> =>
  (await openStore({ location: { kind: "postgres", url, ...more }, logger: () => undefined })).store;

/** Everything that a migration may have touched: the columns of every table, and the steps that are noted. */
async function schemaNow(): Promise<unknown> {
  const connection = await openPostgresConnection(url);
  const columns = await connection.query<{ name: string }>(
    `select table_schema || '.' || table_name || '.' || column_name || ' ' || data_type as name
    from information_schema.columns where table_schema in ('public', 'drizzle') order by 1`,
  );
  const steps = await connection.query<{ at: string }>(
    "select created_at::text as at from drizzle.__drizzle_migrations order by 1",
  );
  await connection.close();
  return { columns: columns.map(({ name }) => name), steps: steps.map(({ at }) => at) };
}

/** A database that the released version left. */
async function released(): Promise<void> {
  toFirstStep();
  await ensure();
  const connection = await openPostgresConnection(url);
  await connection.query("insert into publishers (id, name, created_at) values ('pub_1', 'One', now())");
  await connection.query(
    `insert into platform
      (platform_id, name, environment, grace_seconds, telemetry_interval_seconds, telemetry_sampling, created_at)
    values ('harbor', 'Harbor', 'production', 259200, 5, 100, now())`,
  );
  await connection.close();
}

describe("a Postgres of an earlier version", () => {
  it("is not migrated before a backup is confirmed: it is refused, named the command, and left as it is, then keeps its settings", async () => {
    await released();
    const before = await schemaNow();
    await expect(open()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/safe_to_change.*\n.*npm run store -- backup.*--backup-confirmed/s),
    });
    expect(await schemaNow()).toEqual(before);
    const store = await open({ isBackupConfirmed: true });
    expect(await store.db.select({ id: publishers.id }).from(publishers)).toEqual([{ id: "pub_1" }]);
    expect(await readPlatformMembersOf(store.db, "telemetry")).toMatchObject([{ value: { intervalSeconds: 5 } }]);
    await store.close();
    await (await open()).close();
  });

  it("is migrated once by processes that start at once", async () => {
    await released();
    const stores = await Promise.all([1, 2, 3].map(() => open({ isBackupConfirmed: true })));
    const { steps } = (await schemaNow()) as { steps: string[] };
    expect(new Set(steps).size).toBe(steps.length);
    for (const store of stores) await store.close();
  });

  it("is as it was after a step that fails, which is named with the database's words; the earlier version opens it", async () => {
    await released();
    const before = await schemaNow();
    addStep("99990101000000_broken", "create table half (id text);--> statement-breakpoint\nselect no_such_thing()");
    await expect(ensure({ isBackupConfirmed: true })).rejects.toMatchObject({
      code: "unavailable",
      cause: { message: expect.stringMatching(/99990101000000_broken.*no_such_thing/) },
    });
    expect(await schemaNow()).toEqual(before);
    toFirstStep();
    await ensure();
  });
});

describe("a Postgres of a newer version", () => {
  it("is refused with a word and left as it is, also by a process that never migrates", async () => {
    await ensure();
    const before = await schemaNow();
    toFirstStep();
    const refusal = { code: "unavailable", message: expect.stringMatching(/newer.*\n.*version that ran before/s) };
    await expect(ensure({ isBackupConfirmed: true })).rejects.toMatchObject(refusal);
    await expect(ensure({ onSchemaBehind: () => undefined })).rejects.toMatchObject(refusal);
    expect(await schemaNow()).toEqual(before);
  });
});

describe("a Postgres that takes no changes", () => {
  it.each(["empty", "migrated"])(
    "keeps a process from starting, by a code and words of its own (%s)",
    async (state) => {
      if (state === "migrated") await ensure();
      const connection = await openPostgresConnection(url);
      const [row] = await connection.query<{ name: string }>("select quote_ident(current_database()) as name");
      await connection.query(`alter database ${row?.name} set default_transaction_read_only = on`);
      await connection.close();
      const failure = explainStartFailure(await ensure().catch((error: unknown) => error));
      expect(failure).toMatchObject({ code: "postgres_read_only", message: expect.stringContaining("standby") });
      expect(failure.remedy).not.toBe("");
    },
  );
});

describe("a process that never migrates", () => {
  it.each([
    ["an empty database", 0],
    ["one of an earlier version, with rows", 1],
  ])("waits, and says so once, until another one has migrated %s", async (_, rows) => {
    if (rows > 0) await released();
    let waits = 0;
    let hear: () => void = () => undefined;
    const isWaiting = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const onSchemaBehind = () => {
      waits += 1;
      hear();
    };
    const waited = open({ onSchemaBehind });
    await isWaiting;
    const other = await open({ isBackupConfirmed: rows > 0 });
    const store = await waited;
    expect(await store.db.select().from(publishers)).toHaveLength(rows);
    expect(waits).toBe(1);
    await store.close();
    await other.close();
  });
});
