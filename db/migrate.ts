import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { invariant } from "@/lib/platform/errors";

/**
 * The folder of SQL migrations, looked for upwards from this file, so that it is also found from a bundle in `dist/`.
 * Raises `internal` when the program was installed without it.
 */
export function findMigrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, "db", "migrations");
    if (existsSync(join(candidate, "meta", "_journal.json"))) return candidate;
    const parent = dirname(folder);
    invariant(parent !== folder, "db/migrations was not found above the program");
    folder = parent;
  }
}

/** SHA-256 of every migration, in order: names a schema. */
export function migrationsSha256(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith(".sql")) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex");
}

/** One step of the schema. `at` orders the steps and names the schema that it ends in; databases note it. */
export type Migration = { name: string; at: number; sha256: string; statements: string[] };

/** All migrations of this program, in order. */
export function readMigrations(folder: string): Migration[] {
  const journal = JSON.parse(readFileSync(join(folder, "meta", "_journal.json"), "utf8")) as {
    entries: { tag: string }[];
  };
  return readMigrationFiles({ migrationsFolder: folder }).map(({ sql, folderMillis, hash }, index) => ({
    name: journal.entries[index]?.tag ?? String(folderMillis),
    at: folderMillis,
    sha256: hash,
    statements: sql,
  }));
}

/** The schema that the last of them ends in. Raises `internal` where there is none. */
export function newestSchema(migrations: readonly Migration[]): number {
  const newest = migrations.at(-1);
  invariant(newest !== undefined, "a program has migrations");
  return newest.at;
}

/** Runs one statement; PGlite and Postgres differ in how. */
export type RunStatement = (statement: string) => Promise<Record<string, unknown>[]>;

/** The steps that a database has taken, as it notes them itself; none where it was never migrated. */
export async function appliedMigrations(run: RunStatement): Promise<number[]> {
  const [table] = await run("select to_regclass('drizzle.__drizzle_migrations')::text as name");
  if (table?.name === null || table === undefined) return [];
  const rows = await run("select created_at::text as at from drizzle.__drizzle_migrations order by created_at");
  return rows.map((row) => Number(row.at));
}

export type MigrationPlan = { pending: Migration[]; unknown: number[] };

/** What of `known` a database has still to take, and what it has taken that this program does not know. */
export function planMigrations(known: readonly Migration[], applied: readonly number[]): MigrationPlan {
  return {
    pending: known.filter(({ at }) => !applied.includes(at)),
    unknown: applied.filter((at) => !known.some((migration) => migration.at === at)),
  };
}

/** A store with rows that is about to be migrated; `run` reads it as it is. */
export type MigrationAhead = { from: number; to: number; pending: string[]; run: RunStatement };

/** Called before anything is migrated; when it rejects, the store is refused with its error and left as it is. */
export type BeforeMigration = (ahead: MigrationAhead) => Promise<void>;

/** What a failed step says: which one, and the database's own words. */
export class MigrationFailure extends Error {
  constructor(name: string, statement: string, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause);
    super(`${name}: ${words}, at: ${statement.trim().replaceAll(/\s+/g, " ").slice(0, 160)}`, { cause });
  }
}

/** Takes steps inside the caller's transaction, and notes them. Raises `MigrationFailure`. */
export async function applyMigrations(run: RunStatement, migrations: readonly Migration[]): Promise<void> {
  if (migrations.length === 0) return;
  await run('create schema if not exists "drizzle"');
  await run(
    'create table if not exists "drizzle"."__drizzle_migrations" (id serial primary key, hash text not null, created_at bigint)',
  );
  for (const { name, at, sha256, statements } of migrations) {
    for (const statement of statements) {
      try {
        await run(statement);
      } catch (error) {
        throw new MigrationFailure(name, statement, error);
      }
    }
    await run(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('${sha256}', ${at})`);
  }
}
