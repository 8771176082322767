import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBundleFiles, keepBundle } from "../bundles/bundle-files";
import { findMigrationsFolder } from "../migrate";
import * as schema from "../schema";
import { openDatabase, type TestConnection } from "../testing/databases";
import { dumpTable, fillTables } from "../testing/fill-tables";
import { memoryJournalFs } from "../testing/memory-journal-fs";
import { testStoreKind } from "../testing/with-test-store";
import { type BackupPart, LEFT_OUT } from "./backup-format";
import type { Connection } from "./connection";
import { loadBackup } from "./load-backup";
import { readBackup } from "./read-backup";
import { openChunks, sealChunks } from "./sealed-chunks";
import { writeBackup } from "./write-backup";

const PASSPHRASE = "a passphrase for tests";
const CHEAP = 2 ** 4;
const about = { takenAt: "2026-03-01T00:00:00.000Z", cause: "asked", program: "0.0.0" } as const;
const files = [{ path: "keys/session.salt", text: "salt\n" }];
const bundles = createBundleFiles(memoryJournalFs(), "bundles");

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
async function* inPieces(data: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}
const backUp = (connection: Connection) =>
  collect(sealChunks(writeBackup({ connection, files, bundles, about }), PASSPHRASE, CHEAP));
const read = (backup: Uint8Array, passphrase: string | null = PASSPHRASE) =>
  readBackup(inPieces(backup), passphrase, "FILE");
async function readWhole(backup: Uint8Array, passphrase?: string | null): Promise<BackupPart[]> {
  const parts: BackupPart[] = [];
  for await (const part of read(backup, passphrase)) parts.push(part);
  return parts;
}
async function load(
  connection: Connection,
  backup: Uint8Array,
  migrationsFolder = findMigrationsFolder(),
  into = bundles,
) {
  await connection.query("begin");
  const loaded = await loadBackup(connection, read(backup), { migrationsFolder, path: "FILE", bundles: into });
  await connection.query("commit");
  return loaded;
}
async function withDatabases<T>(databases: TestConnection[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    for (const database of databases) await database.close();
  }
}

const tables = Object.values<unknown>(schema).filter((table): table is PgTable => is(table, PgTable));
const relations = tables.map((table) => getTableConfig(table).name);
const PAIRS: [Connection["kind"], Connection["kind"]][] =
  testStoreKind() === "memory"
    ? [["pglite", "pglite"]]
    : [
        ["pglite", "postgres"],
        ["postgres", "pglite"],
        ["postgres", "postgres"],
      ];

describe.each(PAIRS)("a backup of %s, loaded into %s", (from, to) => {
  it("has every row of every table but those that are left out, and numbers go on", async () => {
    const [source, target] = [await openDatabase(from, "migrated"), await openDatabase(to, "bare")];
    await withDatabases([source, target], async () => {
      await fillTables(source.db);
      const { header, counts } = await load(target, await backUp(source));
      expect(header).toMatchObject({ ...about, store: from, platformId: "platform_1" });
      expect(counts.files).toBe(1);
      for (const relation of relations) {
        const kept = LEFT_OUT.has(relation) ? [] : await dumpTable(source.db, relation);
        expect(await dumpTable(target.db, relation), relation).toEqual(kept);
        expect(counts.tables[relation], relation).toBe(LEFT_OUT.has(relation) ? undefined : 1);
      }
      const next = "select nextval(pg_get_serial_sequence('change_sets', 'number'))::text as next";
      expect(await target.query(next)).toEqual(await source.query(next));
    });
  });

  it("has the bundles that are files, each with its bytes, and says which the store lacked", async () => {
    const [source, target] = [await openDatabase(from, "migrated"), await openDatabase(to, "bare")];
    const own = createBundleFiles(memoryJournalFs(), "bundles");
    const theirs = createBundleFiles(memoryJournalFs(), "bundles");
    // Of several pieces, of one, and one that is not there.
    const contents = [randomBytes(2_500_000), randomBytes(3), randomBytes(4)];
    const digests = contents.map((content) => createHash("sha256").update(content).digest("hex"));
    await withDatabases([source, target], async () => {
      for (const [at, sha256] of digests.entries()) {
        const content = contents[at] ?? Buffer.alloc(0);
        const row = { sha256, sizeBytes: content.length, signature: randomBytes(70), createdAt: new Date(0) };
        await source.db.insert(schema.bundles).values(row);
        if (at < 2) await keepBundle(own, sha256, { content, signature: row.signature });
      }
      await source.db.insert(schema.bundles).values({
        ...{ sha256: "gone with its refusal", sizeBytes: 1, signature: randomBytes(70), createdAt: new Date(0) },
        state: "removed",
      });
      const written = await collect(
        sealChunks(writeBackup({ connection: source, files, bundles: own, about }), PASSPHRASE, CHEAP),
      );
      const { counts } = await load(target, written, findMigrationsFolder(), theirs);
      expect(counts).toMatchObject({ bundles: 2, lacking: [digests[2]], tables: { bundles: 4 } });
    });
    expect([...(await theirs.list())].sort()).toEqual(digests.slice(0, 2).sort());
    for (const sha256 of await theirs.list()) {
      const [kept, before] = [await theirs.read(sha256), await own.read(sha256)];
      expect(Buffer.from(kept?.content ?? []).equals(Buffer.from(before?.content ?? []))).toBe(true);
      expect(Buffer.from(kept?.signature ?? [])).toEqual(Buffer.from(before?.signature ?? []));
    }
  });

  it("has every value exactly, of every type that the schema has", async () => {
    const json = fc.oneof(
      fc.json().filter((text) => !/\\u0000|\\ud[89a-f]/i.test(text)),
      fc.constantFrom("null", "1.50", "1e300", '"é\\n"', "123456789012345678901234567890"),
    );
    const VALUES = {
      text: fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
      bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      integer: fc.integer().map(String),
      smallint: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }).map(String),
      numeric: fc.oneof(fc.bigInt().map(String), fc.constantFrom("NaN", "-1.50", "9007199254740991")),
      boolean: fc.boolean().map(String),
      jsonb: json,
      // Its text is kept as it was written.
      json: fc.oneof(json, fc.constantFrom('{"b": 1, "a":2}', '{"a":1,"a":2}')),
      bytea: fc.uint8Array({ maxLength: 300 }).map((bytes) => `\\x${Buffer.from(bytes).toString("hex")}`),
      "bit(1440)": fc.string({ unit: fc.constantFrom("0", "1"), minLength: 1440, maxLength: 1440 }),
      "timestamp with time zone": fc.oneof(
        fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }).map((at) => at.toISOString()),
        fc.constantFrom("infinity", "2026-03-01T00:00:00.123456+05:30", "0044-03-15 12:00:00+00 BC"),
      ),
      "double precision": fc.oneof(fc.double().map(String), fc.constantFrom("NaN", "-Infinity", "5e-324")),
    };
    const SERIALS: Readonly<Record<string, string>> = { serial: "integer", bigserial: "bigint" };
    const types = new Set(
      tables.flatMap((table) => getTableConfig(table).columns.map((column) => column.getSQLType())),
    );
    expect(Object.keys(VALUES)).toEqual(expect.arrayContaining([...types].map((type) => SERIALS[type] ?? type)));

    // What such a backup names is the schema that lies there.
    const noMigrations = mkdtempSync(join(tmpdir(), "bulkhead-migrations-"));
    mkdirSync(join(noMigrations, "meta"));
    writeFileSync(join(noMigrations, "meta", "_journal.json"), JSON.stringify({ entries: [] }));
    const names = Object.keys(VALUES);
    const columns = names.map((type, at) => `c${at} ${type}`).join(", ");
    const [source, target] = [await openDatabase(from, "bare"), await openDatabase(to, "bare")];
    const rowOf = fc.tuple(...Object.values(VALUES).map((value) => fc.option(value)));
    await withDatabases([source, target], () =>
      fc.assert(
        fc.asyncProperty(fc.array(rowOf, { minLength: 1, maxLength: 60 }), async (rows) => {
          for (const database of [source, target]) await database.query("drop table if exists values_of_all_types");
          await source.query(`create table values_of_all_types (${columns})`);
          for (const row of rows) {
            const values = names.map((type, at) => `$${at + 1}::text::${type}`).join(", ");
            await source.query(`insert into values_of_all_types values (${values})`, row);
          }
          await target.query(`create table values_of_all_types (${columns})`);
          await load(target, await backUp(source), noMigrations);
          const all = `select ${names.map((_, at) => `c${at}::text`).join(", ")} from values_of_all_types`;
          expect(await target.query(all)).toEqual(await source.query(all));
        }),
        { numRuns: 10 },
      ),
    );
  });
});

describe("a sealed backup", () => {
  let source: TestConnection;
  let backup: Buffer;
  beforeAll(async () => {
    source = await openDatabase("pglite", "migrated");
    await fillTables(source.db);
    // More than one chunk, and nothing that compresses.
    await source.query("update bundles set content = decode($1::text, 'hex')", [randomBytes(200_000).toString("hex")]);
    backup = await backUp(source);
  });
  afterAll(() => source.close());
  const refusal = (code: string) => ({ details: [{ path: "FILE", code }] });
  const headerEnd = () => backup.indexOf(10) + 1;
  const CHUNK = 64 * 1024 + 16;

  it("does not open with another passphrase, or with none", async () => {
    await expect(readWhole(backup, "another passphrase")).rejects.toMatchObject(refusal("does-not-open"));
    await expect(readWhole(backup, null)).rejects.toMatchObject(refusal("passphrase-missing"));
    expect((await readWhole(backup)).length).toBeGreaterThan(relations.length);
  });

  it("is refused after a change of any bit", async () => {
    const flip = async (at: number, bit: number) => {
      const changed = Buffer.from(backup);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      await expect(readWhole(changed), `bit ${bit} of byte ${at}`).rejects.toMatchObject({ code: "unprocessable" });
    };
    for (let at = 0; at < headerEnd(); at += 1) await flip(at, at % 8);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: backup.length - 1 }), fc.nat({ max: 7 }), (at, bit) => flip(at, bit)),
      { numRuns: 100 },
    );
  });

  it("that needs no passphrase is held to the same", async () => {
    const plain = await collect(sealChunks(writeBackup({ connection: source, files, bundles, about }), null));
    expect(await readWhole(plain, null)).not.toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: plain.length - 1 }), fc.nat({ max: 7 }), async (at, bit) => {
        const changed = Buffer.from(plain);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        await expect(readWhole(changed, null)).rejects.toMatchObject({ code: "unprocessable" });
        await expect(readWhole(plain.subarray(0, at), null)).rejects.toMatchObject({ code: "unprocessable" });
      }),
      { numRuns: 50 },
    );
  });

  it("is refused where it holds what opens the keys or tokens, or a file under any name that is no sealed key's", async () => {
    for (const name of [
      "protection.key",
      "access.key",
      "../session.salt",
      "..",
      "policy-1.json/x",
      "policy-.JSON",
      "x.sh",
    ]) {
      const held = [...files, { path: `keys/${name}`, text: "" }];
      const written = await collect(
        sealChunks(writeBackup({ connection: source, files: held, bundles, about }), PASSPHRASE, CHEAP),
      );
      await expect(readWhole(written), name).rejects.toMatchObject(refusal("damaged"));
    }
  });

  it("is refused when it is cut off anywhere, or goes on after its end", async () => {
    const cut = async (length: number) => {
      const reading = readWhole(backup.subarray(0, length));
      await expect(reading, `cut to ${length}`).rejects.toMatchObject({ code: "unprocessable" });
    };
    const chunkEnds = [0, 1, 2].map((n) => headerEnd() + n * CHUNK);
    for (const length of [0, 10, ...chunkEnds, backup.length - 1]) await cut(length);
    await fc.assert(fc.asyncProperty(fc.nat({ max: backup.length - 1 }), cut), { numRuns: 50 });
    await expect(readWhole(Buffer.concat([backup, Buffer.alloc(1)]))).rejects.toMatchObject(refusal("damaged"));
    await expect(readWhole(Buffer.concat([backup, backup]))).rejects.toMatchObject(refusal("damaged"));
  });

  it("is refused when its chunks are swapped, repeated, left out or another backup's", async () => {
    const chunk = (n: number, of = backup) => of.subarray(headerEnd() + n * CHUNK, headerEnd() + (n + 1) * CHUNK);
    const [head, first, second] = [backup.subarray(0, headerEnd()), chunk(0), chunk(1)];
    const rest = backup.subarray(headerEnd() + 2 * CHUNK);
    const other = await backUp(source);
    const joined = [
      [head, second, first, rest],
      [head, first, first, rest],
      [head, first, second, second, rest],
      [head, first, rest],
      [head, chunk(0, other), second, rest],
      [other.subarray(0, headerEnd()), first, second, rest],
    ];
    expect(await readWhole(Buffer.concat([head, first, second, rest]))).not.toEqual([]);
    for (const parts of joined) {
      await expect(readWhole(Buffer.concat(parts))).rejects.toMatchObject({ code: "unprocessable" });
    }
  });

  it("is told from any other file", async () => {
    for (const text of ["", "{}\n", "PK\u0003\u0004", '{"format":"bulkhead-backup-2"}\n', "x".repeat(2000)]) {
      await expect(readWhole(Buffer.from(text))).rejects.toMatchObject(refusal("not-a-backup"));
    }
  });

  /** The same backup with other lines, its sums made to agree: what only a writer of ours can have written. */
  async function rewritten(change: (lines: string[]) => string[]): Promise<Buffer> {
    const plain = gunzipSync(await collect(openChunks(inPieces(backup), PASSPHRASE, "FILE"))).toString("utf8");
    const lines = plain.trimEnd().split("\n");
    const kept = change(lines.slice(0, -1)).map((line) => `${line}\n`);
    const end = { ...JSON.parse(lines.at(-1) ?? ""), sha256: createHash("sha256").update(kept.join("")).digest("hex") };
    return collect(sealChunks(inPieces(gzipSync(`${kept.join("")}${JSON.stringify(end)}\n`)), PASSPHRASE, CHEAP));
  }

  it("is of the schema that it names, or is not loaded", async () => {
    const target = await openDatabase("pglite", "bare");
    const loading = async (change: (lines: string[]) => string[]) => {
      try {
        await load(target, await rewritten(change));
      } finally {
        await target.query("rollback");
      }
    };
    await withDatabases([target], async () => {
      const header = (change: (migrations: unknown[]) => unknown[]) =>
        loading(([first = "", ...rest]) => {
          const value = JSON.parse(first);
          return [JSON.stringify({ ...value, migrations: change(value.migrations) }), ...rest];
        });
      const later = { sha256: "0".repeat(64), createdAtMs: 9_999_999_999_999 };
      await expect(header((known) => [...known, later])).rejects.toMatchObject(refusal("other-schema"));
      await expect(header(() => [later])).rejects.toMatchObject(refusal("other-schema"));
      await expect(header((known) => known.slice(0, 1))).rejects.toMatchObject(refusal("does-not-fit"));
      const otherType = (lines: string[]) =>
        lines.map((line) => line.replace('"name":"id","type":"text"', '"name":"id","type":"oid"'));
      await expect(loading(otherType)).rejects.toMatchObject(refusal("does-not-fit"));
      expect(await target.query("select 1 from pg_tables where schemaname = 'public'")).toEqual([]);
    });
  });

  it("is refused when what was sealed is cut short, however it was sealed", async () => {
    const lines = gunzipSync(await collect(openChunks(inPieces(backup), PASSPHRASE, "FILE")))
      .toString("utf8")
      .trimEnd()
      .split("\n");
    const sealed = (kept: string[]) =>
      collect(sealChunks(inPieces(gzipSync(`${kept.join("\n")}\n`)), PASSPHRASE, CHEAP));
    expect(await readWhole(await sealed(lines))).not.toEqual([]);
    const end = lines.length - 1;
    for (const without of [0, 1, 2, end - 1, end]) {
      const kept = lines.filter((_, at) => at !== without);
      await expect(readWhole(await sealed(kept)), lines[without]).rejects.toMatchObject(refusal("damaged"));
    }
  });
});
