import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { beforeAll, describe, expect, it } from "vitest";
import { STORE_FAULTS, type StoreFaultCode } from "@/db/store-fault";
import { unpackReleased } from "@/db/testing/released-folder";
import { type Decided, narrowLimit, suspend, widenHost } from "./decisions";
import { expectInvariants } from "./expect-invariants";
import {
  APP,
  copyOfData,
  type Faulted,
  freshFolder,
  kill,
  refusedStart,
  startFaulted,
  startWithProgram,
  type,
} from "./fault-server";
import { enrolDevice } from "./simulated-device";

/** A platform that was used and stopped in order, with what was decided on it; and one that knows nothing of it. */
let used: { dataDir: string; decisions: Decided[] };
let another: string;
beforeAll(async () => {
  const server = await startWithProgram(freshFolder());
  const decisions = [await widenHost(server, APP, "kept.example.com")];
  for (let n = 1; n <= 5; n += 1) decisions.push(await narrowLimit(server.operator, APP, 100_000_000 - n));
  await server.child.stop();
  used = { dataDir: server.dataDir, decisions };
  const other = await startWithProgram(freshFolder());
  for (let n = 1; n <= 9; n += 1) await narrowLimit(other.operator, APP, 100_000_000 - n);
  await other.child.stop();
  another = other.dataDir;
}, 240_000);

const PASSPHRASE = { BULKHEAD_BACKUP_PASSPHRASE: "what seals the backups" };

/** Names and bytes of everything in a data folder but its lock. */
function contentOf(dataDir: string, folder = dataDir): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const name = relative(dataDir, path);
    if (name === "lock" || name === "backups") return [];
    if (entry.isDirectory()) return [`${name}/`, ...contentOf(dataDir, path)];
    return [`${name} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`];
  });
}

/** The commands that a remedy names, as they are to be typed. */
const commandsIn = (remedy: string) =>
  [...remedy.matchAll(/npm run store -- ((?:[^\s—]+ ?)+)/g)].map(([, words = ""]) => words.trim().split(" "));

async function expectRefused(dataDir: string, code: StoreFaultCode, program?: string): Promise<string> {
  const before = contentOf(dataDir);
  const refused = await refusedStart(dataDir, program === undefined ? {} : { program });
  expect(refused.message).toContain(STORE_FAULTS[code].what);
  expect(refused.message).toContain("nothing in it was changed");
  expect(refused.remedy).toBe(STORE_FAULTS[code].remedy(dataDir, []));
  expect(contentOf(dataDir)).toEqual(before);
  return refused.remedy;
}

/** What was decided is there, a suspension works, and a device takes what is served, bundles too. */
async function expectGoesOn(dataDir: string): Promise<Faulted> {
  const server = await startFaulted(dataDir);
  const device = await enrolDevice(() => server.url, server.operator, { name: "faithful", appIds: [APP] });
  const suspended = await suspend(server.operator, APP);
  expect(await device.pull()).toBe(true);
  expect(device.platform?.suspended).toEqual([APP]);
  expect(await device.canFetch(APP)).toBe(true);
  expect(device.refusals).toEqual([]);
  await kill(server);
  await expectInvariants(dataDir, { decisions: [...used.decisions, suspended] });
  return server;
}

const journalFile = (dataDir: string) => {
  const name = readdirSync(join(dataDir, "journal")).sort().at(-1) ?? "";
  return join(dataDir, "journal", name);
};

/** Takes the last two records, which the rows still have beside them, from the journal. */
function cutJournal(dataDir: string): void {
  const path = journalFile(dataDir);
  const lines = readFileSync(path, "utf8").split("\n");
  truncateSync(path, Buffer.byteLength(lines.slice(0, -3).join("\n")) + 1);
}

type Loss = {
  code: StoreFaultCode;
  lose(dataDir: string): void | Promise<void>;
  /** Which of the commands that the remedy names is typed; the first by default. */
  typed?: number;
};

const LOSSES: Loss[] = [
  { code: "database-missing", lose: (dataDir) => rmSync(join(dataDir, "store"), { recursive: true }) },
  { code: "database-unfinished", lose: (dataDir) => rmSync(join(dataDir, "store", "PG_VERSION")) },
  {
    code: "database-unreadable",
    lose: (dataDir) => writeFileSync(join(dataDir, "store", "global", "pg_control"), Buffer.alloc(8192, 0x5a)),
  },
  { code: "journal-missing", lose: (dataDir) => rmSync(join(dataDir, "journal"), { recursive: true }) },
  {
    code: "journal-damaged",
    lose: (dataDir) => {
      const path = journalFile(dataDir);
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
  },
  {
    code: "journal-behind",
    lose: async (dataDir) => {
      cutJournal(dataDir);
      const client = await PGlite.create(join(dataDir, "store"));
      await client.exec("delete from journal_records where sequence < (select max(sequence) from journal_records)");
      await client.close();
    },
  },
  {
    code: "journal-foreign",
    lose: (dataDir) => {
      rmSync(join(dataDir, "journal"), { recursive: true });
      cpSync(join(another, "journal"), join(dataDir, "journal"), { recursive: true });
    },
    typed: 1,
  },
];

describe("a store that was lost or cannot be read", () => {
  it.each(LOSSES)("is refused and left as it is, and goes on after the remedy as it is told: $code", async (loss) => {
    const dataDir = copyOfData(used.dataDir);
    await loss.lose(dataDir);
    const remedy = await expectRefused(dataDir, loss.code);
    const words = commandsIn(remedy)[loss.typed ?? 0] ?? [];
    const done = await type("store", words);
    expect(done, done.said).toMatchObject({ code: 0 });
    await expectGoesOn(dataDir);
  });

  it("is opened where its journal lacks records that the rows have beside them, and completes it", async () => {
    const dataDir = copyOfData(used.dataDir);
    cutJournal(dataDir);
    const server = await expectGoesOn(dataDir);
    expect(server.warnings().join()).toContain("The journal was completed from the database: 2 records");
  });

  it("is refused where nothing of it can be trusted, until a backup is restored as it is told: both-lost", async () => {
    const dataDir = copyOfData(used.dataDir);
    const file = join(freshFolder(), "store.backup");
    expect(await type("store", ["backup", file, "--data", dataDir], PASSPHRASE)).toMatchObject({ code: 0 });
    rmSync(join(dataDir, "store"), { recursive: true });
    truncateSync(journalFile(dataDir), 1_000);
    const remedy = await expectRefused(dataDir, "both-lost");
    expect(remedy).toContain(`mv ${dataDir} ${dataDir}.lost && `);
    renameSync(dataDir, `${dataDir}.lost`);
    const words = (commandsIn(remedy)[0] ?? []).map((word) => (word === "FILE" ? file : word));
    const done = await type("store", words, PASSPHRASE);
    expect(done, done.said).toMatchObject({ code: 0 });
    copyFileSync(join(`${dataDir}.lost`, "keys", "protection.key"), join(dataDir, "keys", "protection.key"));
    await expectGoesOn(dataDir);
  });

  it("is closed to others where it was open, and says so", async () => {
    const dataDir = copyOfData(used.dataDir);
    chmodSync(dataDir, 0o777);
    const server = await startFaulted(dataDir);
    expect(server.warnings().join()).toContain(`${dataDir} was open to others (mode 0777)`);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await server.child.stop();
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write("skipped: a data folder of somebody else: only root can make one\n");
  it.skipIf(!isRoot)(
    "is refused where it is open and another user's, until its owner closes it: folder-not-private",
    async () => {
      const dataDir = copyOfData(used.dataDir);
      chownSync(dataDir, 65_534, 65_534);
      chmodSync(dataDir, 0o755);
      expect(await expectRefused(dataDir, "folder-not-private")).toContain(`chmod -R go= ${dataDir}`);
      chmodSync(dataDir, 0o700);
      await expectGoesOn(dataDir);
    },
  );

  it("is refused by a program that is older than its schema: newer-schema", async () => {
    const dataDir = copyOfData(used.dataDir);
    const client = await PGlite.create(join(dataDir, "store"));
    const step = "insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 4102444800000)";
    await client.exec(step);
    await client.close();
    await expectRefused(dataDir, "newer-schema");
  });
});

/** This program with one step of the schema more, which fails half-way. */
function programWithBrokenStep(): string {
  const program = freshFolder();
  for (const name of ["node_modules", ".next", "package.json", "next.config.ts", "public", "native"]) {
    if (existsSync(name)) symlinkSync(join(process.cwd(), name), join(program, name));
  }
  cpSync("dist", join(program, "dist"), { recursive: true });
  const migrations = join(program, "db", "migrations");
  mkdirSync(join(program, "db"));
  cpSync("db/migrations", migrations, { recursive: true });
  const path = join(migrations, "meta", "_journal.json");
  const steps = JSON.parse(readFileSync(path, "utf8")) as { entries: object[] };
  const tag = "29990101000000_broken";
  steps.entries.push({ idx: steps.entries.length, version: "7", when: 32_472_144_000_000, tag, breakpoints: true });
  writeFileSync(path, JSON.stringify(steps));
  const sql = "alter table publishers add column half text;--> statement-breakpoint\nselect no_such_function();";
  writeFileSync(join(migrations, `${tag}.sql`), sql);
  return program;
}

describe("a migration that fails", () => {
  it("changes nothing, and the program that ran before opens the store as it was", async () => {
    const dataDir = copyOfData(used.dataDir);
    const before = contentOf(dataDir);
    await expectRefused(dataDir, "migration-failed", programWithBrokenStep());
    expect(contentOf(dataDir)).toEqual(before);
    await expectGoesOn(dataDir);
  });

  it("leaves the data of the released version as it is, for a program that migrates it", async () => {
    const dataDir = join(freshFolder(), "data");
    unpackReleased(dataDir);
    await expectRefused(dataDir, "migration-failed", programWithBrokenStep());
    const server = await startFaulted(dataDir);
    const decided = await suspend(server.operator, (await activeProgram(server)).appId);
    await kill(server);
    await expectInvariants(dataDir, { decisions: [decided] });
  });
});

async function activeProgram(server: Faulted): Promise<{ appId: string }> {
  const { items } = await server.operator.get<{ items: { appId: string; status: string }[] }>("programs?status=active");
  const [first] = items;
  if (first === undefined) throw new Error("the released version left no active program");
  return first;
}
