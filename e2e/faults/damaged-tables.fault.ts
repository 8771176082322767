import { readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { beforeAll, describe, expect, it } from "vitest";
import { TABLES } from "@/db/journal/journaled-tables";
import { openStore } from "@/db/open-store";
import { keepDays, PARTITIONED_NAMES } from "@/db/partitions";
import { flipBit } from "@/db/testing/data-folder";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { runStoreCommand } from "@/lib/server/store-command";
import { createFiguresJob } from "@/lib/server/tend-figures";
import { type Decided, narrowLimit, suspend, widenHost } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import { APP, copyOfData, freshFolder, kill, refusedStart, startFaulted, startWithProgram, type } from "./fault-server";
import { type Acknowledged, enrolDevice } from "./simulated-device";

/** A platform that was used and stopped in order, and what the outside was told. */
let used: { dataDir: string; decisions: Decided[]; batches: Acknowledged[] };
/** The same in every copy of it. */
let files: ReadonlyMap<string, Files>;
beforeAll(async () => {
  const server = await startWithProgram(freshFolder());
  const decisions = [await widenHost(server, APP, "kept.example.com")];
  const device = await enrolDevice(() => server.url, server.operator, { name: "faithful", appIds: [APP] });
  // After it: the last record of a journal that is not whole is what a kill leaves, and no damage.
  decisions.push(await narrowLimit(server.operator, APP, 100_000_000));
  await device.pull();
  const batches = [await device.report(7), await device.report(5)].filter((batch) => batch !== null);
  await server.child.stop();
  // Every table by days has one, also those into which nothing was folded yet.
  const { store } = await openStore({
    location: { kind: "pglite", dataDir: server.dataDir },
    logger: () => undefined,
  });
  for (const relation of PARTITIONED_NAMES) await keepDays(store, relation, [systemClock.nowMs()]);
  await store.close();
  used = { dataDir: server.dataDir, decisions, batches };
  files = await filesOf(copyOfData(server.dataDir));
}, 240_000);

type Kind = "journaled" | "figures" | "beside";
const KINDS = [...TABLES.values()].map(({ relation, treatment }): { relation: string; kind: Kind } => {
  if (treatment.keep === "rows") return { relation, kind: "journaled" };
  return { relation, kind: treatment.keep === "nothing" && treatment.onDamage === "set-aside" ? "figures" : "beside" };
});
/** Every table of the schema is in one of these, so that none can be forgotten. */
const tablesOf = (kind: Kind) => KINDS.filter((table) => table.kind === kind).map(({ relation }) => relation);

type Files = { rows: string[]; keys: string[] };

/** Files of tables and of their keys' indexes, by the names of the tables; of a table by days those of its days. */
async function filesOf(dataDir: string): Promise<ReadonlyMap<string, Files>> {
  const client = await PGlite.create(join(dataDir, "store"));
  try {
    const { rows } = await client.query<{ relation: string; path: string; key: string | null }>(
      `select coalesce(parent.relname, c.relname) as relation, pg_relation_filepath(c.oid) as path,
         pg_relation_filepath(i.indexrelid) as key
       from pg_class c left join pg_inherits h on h.inhrelid = c.oid left join pg_class parent on parent.oid = h.inhparent
       left join pg_index i on i.indrelid = c.oid and i.indisprimary
       where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'days'::regnamespace)`,
    );
    const files = new Map<string, Files>();
    for (const { relation, path, key } of rows) {
      const of = files.get(relation) ?? { rows: [], keys: [] };
      of.rows.push(path);
      if (key !== null) of.keys.push(key);
      files.set(relation, of);
    }
    return files;
  } finally {
    await client.close();
  }
}

const DAMAGES: readonly [string, (path: string) => void][] = [
  ["a flipped bit", (path) => flipBit(path, 8_180)],
  ["a file that was cut off", (path) => truncateSync(path, 0)],
];

/** Damages a table's first file that has anything in it; of an empty table that of its key. Null where it has neither. */
function damage(dataDir: string, files: Files | undefined, how: (path: string) => void): string | null {
  for (const path of [...(files?.rows ?? []), ...(files?.keys ?? [])]) {
    const file = join(dataDir, "store", path);
    if (statSync(file).size === 0) continue;
    how(file);
    return file;
  }
  return null;
}

type Said = { event: string; code?: string; found?: string; remedy?: string; findings?: number };

/** What the command says, as events; it is the one that an operator types, in this process. */
async function command(dataDir: string, ...words: string[]): Promise<Said[]> {
  const printed: string[] = [];
  const shell = { ask: null, print: (text: string) => void printed.push(text) };
  await runStoreCommand([...words, "--data", dataDir, "--json"], {}, shell);
  return printed.map((line) => JSON.parse(line) as Said);
}

const found = async (dataDir: string) =>
  (await command(dataDir, "check")).flatMap(({ event, code, found: what }) =>
    event === "found" ? [`${code} ${what?.split(":")[0]}`] : [],
  );

describe("a table that the journal keeps", () => {
  it.each(tablesOf("journaled"))(
    "is named where it was damaged, and it alone is made anew by consent: %s",
    async (table) => {
      for (const [how, hurt] of DAMAGES) {
        const dataDir = copyOfData(used.dataDir);
        expect(damage(dataDir, files.get(table), hurt), how).not.toBeNull();
        expect(await found(dataDir), how).toEqual([`rows-differ ${table}`]);
        expect(await command(dataDir, "rebuild", "--table", table), how).toMatchObject([
          { event: "rebuilt", recovery: { outcome: "tables-rebuilt", tables: [table] } },
        ]);
        expect(await found(dataDir), how).toEqual([]);
        await expectInvariants(dataDir, used);
      }
    },
  );

  it.each(tablesOf("journaled"))("is believed where a record of it in the journal was damaged: %s", async (table) => {
    const dataDir = copyOfData(used.dataDir);
    const folder = join(dataDir, "journal");
    const told = readdirSync(folder)
      .sort()
      .flatMap((name) => {
        const at = readFileSync(join(folder, name)).indexOf(`"${table}"`);
        return at < 0 ? [] : [{ path: join(folder, name), at }];
      });
    const [first] = told;
    // Nothing was ever written to it: the journal has no record that could be damaged.
    if (first === undefined) return;
    flipBit(first.path, first.at + 1);
    expect((await command(dataDir, "check"))[0]).toMatchObject({ code: "journal-damaged" });
    await command(dataDir, "rebuild", "--from", "rows");
    expect(await found(dataDir)).toEqual([]);
    await expectInvariants(dataDir, used);
  });

  it.each(DAMAGES)(
    "is named at the start too, and a server goes on over what was made anew: %s in each",
    async (_, hurt) => {
      const dataDir = copyOfData(used.dataDir);
      const tables = tablesOf("journaled").filter((table) => damage(dataDir, files.get(table), hurt) !== null);
      const refused = await refusedStart(dataDir);
      for (const table of tables) expect(refused.remedy).toContain(`--table ${table} `);
      const words = tables.flatMap((table) => ["--table", table]);
      expect(await type("store", ["rebuild", ...words, "--data", dataDir])).toMatchObject({ code: 0 });
      const server = await startFaulted(dataDir);
      const device = await enrolDevice(() => server.url, server.operator, { name: "later", appIds: [APP] });
      const suspended = await suspend(server.operator, APP);
      expect(await device.pull()).toBe(true);
      expect(device.platform?.suspended).toEqual([APP]);
      await kill(server);
      await expectInvariants(dataDir, { ...used, decisions: [...used.decisions, suspended] });
    },
  );
});

describe("a table of figures", () => {
  it.each(tablesOf("figures"))(
    "is put aside with a word where it was damaged, and the store goes on: %s",
    async (table) => {
      for (const [how, hurt] of DAMAGES) {
        const dataDir = copyOfData(used.dataDir);
        expect(damage(dataDir, files.get(table), hurt), how).not.toBeNull();
        const { store } = await openStore({ location: { kind: "pglite", dataDir }, logger: () => undefined });
        const told: unknown[] = [];
        const logger = (_: string, event: string, fields: object = {}) => void told.push({ event, ...fields });
        await createFiguresJob({ store, clock: systemClock, ids: randomIds, logger })();
        await store.close();
        expect(told, how).toEqual([
          expect.objectContaining({ event: "figures_set_aside", table: expect.stringMatching(`^${table}(_\\d{8})?$`) }),
        ]);
        expect(await found(dataDir), how).toEqual([]);
        // What is counted may be among what was put aside.
        await expectInvariants(dataDir, { decisions: used.decisions });
      }
    },
  );
});

describe("a table beside both", () => {
  it.each(tablesOf("beside"))(
    "is named where it was damaged, and gone with a store that is made anew: %s",
    async (table) => {
      for (const [how, hurt] of DAMAGES) {
        const dataDir = copyOfData(used.dataDir);
        if (damage(dataDir, files.get(table), hurt) === null) continue;
        const before = await command(dataDir, "check");
        expect(before.at(-1)?.findings, how).toBeGreaterThan(0);
        await command(dataDir, "rebuild", "--from", "journal");
        expect(await found(dataDir), how).toEqual([]);
        await expectInvariants(dataDir, { decisions: used.decisions });
      }
    },
  );
});
