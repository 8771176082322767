import { execFileSync } from "node:child_process";
import { createHash, randomBytes, sign } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEFT_OUT } from "@/db/backup/backup-format";
import { nodeBackupFs } from "@/db/backup/backup-fs";
import { openChunks, sealChunks } from "@/db/backup/sealed-chunks";
import { keepBundle } from "@/db/bundles/bundle-files";
import { REVISION_LIFT, readContinuity } from "@/db/continuity";
import { TABLES } from "@/db/journal/journaled-tables";
import { openStore } from "@/db/open-store";
import {
  auditEntries,
  bundles,
  credentials,
  people,
  programs,
  publisherKeys,
  publishers,
  sessions,
  versions,
} from "@/db/schema";
import type { Store } from "@/db/store";
import { temporaryBase } from "@/db/testing/data-folder";
import { dumpTable } from "@/db/testing/fill-tables";
import { postgresServer } from "@/db/testing/postgres-server";
import { testStoreKind } from "@/db/testing/with-test-store";
import { createHeadFiles } from "@/lib/audit/head-files";
import { verifyEntries } from "@/lib/audit/testing/verify-entries";
import { createPasswords } from "@/lib/auth/password";
import { systemClock } from "@/lib/platform/clock";
import { currentKeyset } from "@/lib/sync/current-keyset";
import { trialSignature } from "@/lib/sync/keys/trial-signature";
import { publicKeyShape } from "@/native/core/crypto/public-key";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { type OpenedProcess, openProcess } from "./open-process";
import { readServerOptions } from "./server-options";
import { runStoreCommand } from "./store-command";

const PASSPHRASE = "a passphrase for tests";
const PASSWORD = "correct horse battery";
const at = new Date("2026-03-01T00:00:00Z");
const BUNDLE = randomBytes(300_000);
const DIGEST = createHash("sha256").update(BUNDLE).digest("hex");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(temporaryBase(), "bulkhead-store-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Kind = "pglite" | "postgres";
/** A data folder, and the database that goes with it. */
type Place = { dir: string; variables: Record<string, string> };

let places = 0;
async function makePlace(kind: Kind): Promise<Place> {
  places += 1;
  const name = `place-${places}`;
  const variables = kind === "pglite" ? {} : { DATABASE_URL: await (await postgresServer()).createDatabase() };
  return { dir: join(folder, name), variables };
}

async function start({ dir, variables }: Place): Promise<OpenedProcess> {
  const parsed = readServerOptions(["--data", dir], variables);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return openProcess(parsed.options, "http://localhost:3000");
}

async function withStore<T>({ dir, variables }: Place, work: (store: Store) => Promise<T>): Promise<T> {
  const url = variables.DATABASE_URL;
  const location = url === undefined ? { kind: "pglite" as const, dataDir: dir } : { kind: "postgres" as const, url };
  const { store } = await openStore({ location, logger: () => undefined });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** What the command printed, as events. */
async function run(words: string[], { dir, variables }: Place, passphrase = PASSPHRASE): Promise<unknown[]> {
  const printed: string[] = [];
  const environment = { ...variables, BULKHEAD_BACKUP_PASSPHRASE: passphrase };
  const shell = { ask: null, print: (text: string) => void printed.push(text) };
  await runStoreCommand([...words, "--data", dir, "--json"], environment, shell);
  return printed.map((line): unknown => JSON.parse(line));
}

/** A platform that has been started, with a person, a session and a bundle. */
async function fill(place: Place): Promise<void> {
  const opened = await start(place);
  const passwordHash = await createPasswords().hash(PASSWORD);
  await opened.context.store.transaction(async ({ db }) => {
    await db.insert(publishers).values({ id: "pub_1", name: "One", createdAt: at });
    await db
      .insert(people)
      .values({ id: "per_1", email: "ada@example.test", name: "Ada", role: "admin", state: "active", createdAt: at });
    await db.insert(credentials).values({ personId: "per_1", passwordHash, changedAt: at });
    await db
      .insert(sessions)
      .values({ id: "ses_1", personId: "per_1", createdAt: at, lastSeenAt: at, expiresAt: at, detail: {} });
    await db.insert(bundles).values({
      sha256: "b",
      sizeBytes: BUNDLE.length,
      content: BUNDLE,
      signature: BUNDLE.subarray(0, 70),
      createdAt: at,
    });
    // The one above is of a version before; this one is a file.
    const signature = BUNDLE.subarray(0, 70);
    await keepBundle(opened.context.bundles, DIGEST, { content: BUNDLE, signature });
    await db.insert(bundles).values({ sha256: DIGEST, sizeBytes: BUNDLE.length, signature, createdAt: at });
  });
  await opened.close();
}

/** Rows of every table, but of those that a backup leaves out and those that tell of the restore itself. */
const dump = (place: Place) =>
  withStore(place, async (store) => {
    const tables: Record<string, string[]> = {};
    for (const relation of TABLES.keys()) {
      if (LEFT_OUT.has(relation) || ["continuity", "audit_head"].includes(relation)) continue;
      const rows = await dumpTable(store.db, relation);
      tables[relation] = rows.filter((row) => !row.includes('"store.restore"'));
    }
    return tables;
  });

const PAIRS: [Kind, Kind][] =
  testStoreKind() === "memory"
    ? [["pglite", "pglite"]]
    : [
        ["pglite", "postgres"],
        ["postgres", "pglite"],
      ];

const slow = { timeout: 180_000 };

describe.each(PAIRS)("a store on %s, backed up and restored on %s", slow, (from, to) => {
  let source: Place;
  let before: Awaited<ReturnType<typeof dump>>;
  let file: string;
  beforeAll(async () => {
    source = await makePlace(from);
    file = join(folder, `${from}-${to}.backup`);
    await fill(source);
    // Postgres is backed up while a server runs, whose start has settled what an upgrade left.
    const running = from === "postgres" ? await start(source) : null;
    before = await dump(source);
    expect(await run(["backup", file], source)).toMatchObject([
      { event: "backed_up", counts: { tables: { people: 1 } } },
    ]);
    await running?.close();
  }, slow.timeout);

  it("is the same store: rows, documents, bundles, passwords, keys; and knows that it was restored", async () => {
    const target = await makePlace(to);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await run(["check", "--file", file], target)).toMatchObject([{ event: "checked" }]);
    const files = createHeadFiles(target.dir, systemClock);
    await files.append([{ head: { sequence: 999, sha256: "a".repeat(64), jws: "of a log that went on" } }]);
    expect(await run(["restore", file], target)).toMatchObject([{ event: "restored" }]);
    expect(await files.last()).toMatchObject({ head: null, loss: { because: expect.stringContaining("restored") } });

    expect(await dump(target)).toEqual(before);
    const keys = readdirSync(join(target.dir, "keys"));
    expect(keys.filter((name) => !name.endsWith(".json"))).toEqual(["session.salt"]);
    for (const name of keys) {
      expect(readFileSync(join(target.dir, "keys", name)), name).toEqual(readFileSync(join(source.dir, "keys", name)));
    }
    copyFileSync(join(source.dir, "keys", "protection.key"), join(target.dir, "keys", "protection.key"));

    const opened = await start(target);
    const { store, signer } = opened.context;
    const [bundle] = await store.db.select().from(bundles).where(eq(bundles.sha256, "b"));
    expect(Buffer.from(bundle?.content ?? []).equals(BUNDLE)).toBe(true);
    const kept = await opened.context.bundles.read(DIGEST);
    expect(Buffer.from(kept?.content ?? []).equals(BUNDLE)).toBe(true);
    expect(statSync(join(target.dir, "bundles", `${DIGEST}.ma`)).mode & 0o777).toBe(0o600);
    const [credential] = await store.db.select().from(credentials);
    expect(await createPasswords().matches(PASSWORD, credential?.passwordHash ?? null)).toBe(true);
    expect(await store.db.select().from(sessions)).toEqual([]);
    const keyset = (await currentKeyset(store.db))?.claims ?? null;
    expect(await trialSignature(keyset, signer)).toMatchObject({ result: "signs" });
    expect(await readContinuity(store.db)).toMatchObject({ revisionLift: REVISION_LIFT, restoredAt: expect.any(Date) });
    expect(await verifyEntries(store.db)).toMatchObject({ isWhole: true });
    const restores = (await store.db.select().from(auditEntries)).filter(({ action }) => action === "store.restore");
    expect(restores.map(({ sequence, after }) => ({ sequence, after }))).toMatchObject([
      { after: { lost: { fromSequence: restores[0]?.sequence, toSequence: 999 } } },
    ]);
    expect((await opened.context.heads.judge(store.db)).fault).toBeNull();
    await expect(run(["admit-loss"], target)).rejects.toMatchObject({
      code: to === "pglite" ? "unavailable" : "conflict",
    });
    await opened.close();
  });

  it("needs an empty place, and is told what is in the way", async () => {
    await expect(run(["restore", file], source)).rejects.toMatchObject({ details: [{ code: "not-empty" }] });
    const withKeys = await makePlace(to);
    mkdirSync(join(withKeys.dir, "keys"), { recursive: true });
    writeFileSync(join(withKeys.dir, "keys", "policy-other.json"), "{}");
    await expect(run(["restore", file], withKeys)).rejects.toMatchObject({ details: [{ code: "not-empty" }] });
    expect(readdirSync(join(withKeys.dir, "keys"))).toEqual(["policy-other.json"]);
  });

  it("is not taken for one that no passphrase sealed, unless somebody says so", async () => {
    const forged = `${file}.forged`;
    const opened = openChunks(nodeBackupFs.stream(file), PASSPHRASE, file);
    for await (const piece of sealChunks(opened, null)) appendFileSync(forged, piece);
    const target = await makePlace(to);
    await expect(run(["restore", forged], target)).rejects.toMatchObject({ details: [{ code: "unsealed" }] });
    expect(existsSync(target.dir)).toBe(false);
    // Taken, it is refused for its place.
    await expect(run(["restore", forged, "--unsealed"], source)).rejects.toMatchObject({
      details: [{ code: "not-empty" }],
    });
  });

  it("leaves nothing behind where it fails, and succeeds beside what opens the keys when it is tried again", async () => {
    const target = await makePlace(to);
    mkdirSync(join(target.dir, "keys"), { recursive: true });
    copyFileSync(join(source.dir, "keys", "protection.key"), join(target.dir, "keys", "protection.key"));
    await expect(run(["restore", file], target, "another passphrase")).rejects.toMatchObject({
      details: [{ code: "does-not-open" }],
    });
    const cut = join(folder, "cut.backup");
    writeFileSync(cut, readFileSync(file).subarray(0, statSync(file).size - 1));
    await expect(run(["restore", cut], target)).rejects.toMatchObject({ details: [{ code: "damaged" }] });
    expect(readdirSync(target.dir).filter((name) => name !== "lock")).toEqual(["keys"]);
    expect(readdirSync(join(target.dir, "keys"))).toEqual(["protection.key"]);
    await run(["restore", file], target);
    expect(await dump(target)).toEqual(before);
  });
});

describe.runIf(testStoreKind() === "memory")("a backup of the embedded store", slow, () => {
  it("is not looked for where there is none, nor in a folder, a device, or a pipe that nobody writes to", async () => {
    const place = await makePlace("pglite");
    const pipe = join(folder, "pipe");
    execFileSync("sh", ["-c", 'mkfifo "$0"', pipe]);
    for (const file of [join(folder, "none"), folder, "/dev/zero", pipe]) {
      for (const words of [
        ["restore", file],
        ["check", "--file", file],
      ]) {
        await expect(run(words, place), file).rejects.toMatchObject({ details: [{ code: "not-a-backup" }] });
      }
    }
    await expect(run(["backup", join(folder, "none", "file")], place)).rejects.toThrow("Make it");
    expect(existsSync(place.dir)).toBe(false);
  });

  it("is refused while a server has it open, and once the machine went down, with what to do", async () => {
    const source = await makePlace("pglite");
    const file = join(folder, "refused.backup");
    const opened = await start(source);
    await expect(run(["backup", file], source)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await opened.close();
    const record = { pid: 1, bootId: "another", startedAt: at.toISOString(), socket: "00.sock", isReleased: false };
    writeFileSync(join(source.dir, "lock", "000000000999.json"), JSON.stringify(record));
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await expect(run(["backup", file], source)).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("Start the server once"),
      });
    }
  });
});

describe.each(PAIRS.map(([kind]) => kind))("bundles of a store on %s", slow, (kind) => {
  it("are checked with their signatures, named, and made whole of what there is of them", async () => {
    const place = await makePlace(kind);
    const { privateKey, publicKey } = makeKeyPair();
    const signature = sign("sha256", BUNDLE, privateKey);
    const opened = await start(place);
    await opened.context.store.transaction(async ({ db }) => {
      await db.insert(publishers).values({ id: "pub_1", name: "One", createdAt: at });
      const jwk = publicKeyShape.parse(publicKey.export({ format: "jwk" }));
      await db
        .insert(publisherKeys)
        .values({ publisherId: "pub_1", kid: "kid_1", jwk, status: "active", createdAt: at });
      const named = { appId: "com.example.a", publisherId: "pub_1", name: "A" };
      await db.insert(programs).values({ ...named, status: "active", createdAt: at });
      await db.insert(versions).values({
        ...{ ...named, code: 1, sha256: DIGEST, kid: "kid_1", state: "listed", submissionId: "sub_1", submittedAt: at },
        ...{ sizeBytes: BUNDLE.length, engine: "script", declares: [], manifest: {} },
      });
      await keepBundle(opened.context.bundles, DIGEST, { content: BUNDLE, signature: BUNDLE.subarray(0, 70) });
      await db.insert(bundles).values({ sha256: DIGEST, sizeBytes: BUNDLE.length, signature, createdAt: at });
    });
    await opened.close();
    const found = expect.stringContaining(`com.example.a 1 (${DIGEST})`);
    expect(await run(["check"], place)).toMatchObject([
      { event: "found", code: "bundle-damaged", found, remedy: expect.stringContaining("rebuild --bundles") },
      { event: "checked", findings: 1 },
    ]);
    expect(await run(["rebuild", "--bundles"], place)).toMatchObject([
      { event: "rebuilt", bundles: { restored: 1, missing: [] } },
    ]);
    expect(await run(["check"], place)).toMatchObject([{ event: "checked", findings: 0 }]);
    await expect(run(["rebuild", "--bundles", "--from", "rows"], place)).rejects.toMatchObject({
      code: "invalid_input",
    });
    rmSync(join(place.dir, "bundles", `${DIGEST}.ma`));
    expect(await run(["rebuild", "--bundles"], place)).toMatchObject([
      { bundles: { restored: 0, missing: [expect.stringContaining("its file is not there")] } },
    ]);
  });
});

describe.runIf(testStoreKind() === "memory")("half of an embedded store", slow, () => {
  it("is checked, named, made anew from the other half, and the log says so", async () => {
    const place = await makePlace("pglite");
    await fill(place);
    const inOrder = [{ event: "checked", findings: 0 }];
    expect(await run(["check"], place)).toMatchObject(inOrder);
    rmSync(join(place.dir, "store"), { recursive: true });
    expect(await run(["check"], place)).toMatchObject([
      { event: "found", code: "database-missing", remedy: expect.stringContaining("rebuild --from journal") },
      { event: "checked", findings: 1 },
    ]);
    expect(await run(["rebuild", "--from", "journal"], place)).toMatchObject([
      { event: "rebuilt", recovery: { outcome: "store-rebuilt" } },
    ]);
    expect(await run(["check"], place)).toMatchObject(inOrder);
    await withStore(place, async ({ db }) => {
      expect(await db.select().from(people)).toHaveLength(1);
      const actions = (await db.select().from(auditEntries)).map(({ action }) => action);
      expect(actions.filter((action) => action === "store.rebuilt")).toHaveLength(1);
      expect(await verifyEntries(db)).toMatchObject({ isWhole: true });
    });
  });

  it("has a sign-in unlocked by its owner's command, which the log says and a rebuild keeps", async () => {
    const place = await makePlace("pglite");
    await fill(place);
    const unlock = () => run(["unlock", "ada@example.test"], place);
    await expect(unlock()).rejects.toMatchObject({ code: "conflict" });
    await withStore(place, (store) => store.transaction(({ db }) => db.update(people).set({ signInLockedAt: at })));
    expect(await unlock()).toMatchObject([{ event: "unlocked", personId: "per_1" }]);
    rmSync(join(place.dir, "store"), { recursive: true });
    await run(["rebuild", "--from", "journal"], place);
    await withStore(place, async ({ db }) => {
      expect((await db.select().from(people)).map(({ signInLockedAt }) => signInLockedAt)).toEqual([null]);
      const actions = (await db.select().from(auditEntries)).map(({ action }) => action);
      expect(actions).toContain("person.unlockSignIn");
    });
  });

  it.each<Kind>(["pglite", "postgres"])("is rid by a command of what was put aside (%s)", async (kind) => {
    const place = await makePlace(kind);
    await fill(place);
    await withStore(place, async (store) => {
      await store.transaction(async ({ db }) => {
        await db.execute(sql`create schema "set_aside"`);
        await db.execute(sql`create table "set_aside"."events_20261130" (told text)`);
      });
    });
    expect(await run(["drop-aside"], place)).toMatchObject([{ event: "dropped", aside: ["events_20261130"] }]);
    expect(await run(["drop-aside"], place)).toMatchObject([{ event: "dropped", aside: [] }]);
    expect(await run(["check"], place)).toMatchObject([{ event: "checked", findings: 0 }]);
  });

  it("is not looked for in a folder that is not there, and none is made", async () => {
    const place: Place = { dir: join(folder, "mistyped"), variables: {} };
    for (const words of [
      ["check"],
      ["unlock", "a@b"],
      ["rebuild", "--from", "rows"],
      ["backup", join(folder, "none.backup")],
    ]) {
      await expect(run(words, place)).rejects.toMatchObject({
        code: expect.stringMatching(/invalid_input|unavailable/),
      });
    }
    expect(existsSync(place.dir)).toBe(false);
  });

  it("is not begun anew where a restore was cut off", async () => {
    const place = await makePlace("pglite");
    mkdirSync(join(place.dir, "restoring"), { recursive: true });
    await expect(start(place)).rejects.toMatchObject({ message: expect.stringContaining("restore FILE") });
    expect(existsSync(join(place.dir, "store"))).toBe(false);
  });
});
