import { PGlite } from "@electric-sql/pglite";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPgliteStore } from "../pglite/create-pglite-store";
import { credentials, identities, people } from "../schema";
import type { Store } from "../store";
import { type MemoryJournalFs, memoryJournalFs } from "../testing/memory-journal-fs";
import { pgliteSeed } from "../testing/pglite-seed";
import { createCommitLog } from "./commit-log";
import { createCredentialsFile, newestRows } from "./credentials-file";
import { installCapture } from "./install-capture";
import { JOURNAL_START } from "./journal-frame";
import { createJournalWriter } from "./journal-writer";
import { readJournal, scanJournal } from "./read-journal";
import { rebuildRows } from "./replay-journal";

const DATA = "data";
const JOURNAL = "data/journal";
const FILE = "data/credentials.json";
const ADA = "per_ada";

let live: PGlite;
let rebuilt: PGlite;
beforeAll(async () => {
  live = await PGlite.create({ loadDataDir: await pgliteSeed() });
  rebuilt = await PGlite.create({ loadDataDir: await pgliteSeed() });
  for (const client of [live, rebuilt]) await installCapture(client);
});
afterAll(async () => {
  await live.close();
  await rebuilt.close();
});

/** A store on an empty database and a disk of its own, with one person who has no password yet. */
async function openOn(fs: MemoryJournalFs): Promise<Store> {
  await live.exec(`set session_replication_role = replica;
    delete from credentials; delete from identities; delete from people;
    delete from journal_records; delete from journal_changes;
    set session_replication_role = default`);
  const writer = createJournalWriter(fs, JOURNAL, { sequence: 0, sha256: JOURNAL_START });
  const length = { baseBytes: 0, bytesSinceBase: 0 };
  const parts = { client: live, writer, clock: { nowMs: () => 0 }, logger: () => undefined, schema: 1, length };
  const store = createPgliteStore({
    client: live,
    logger: () => undefined,
    createLog: (lookAgain) => createCommitLog({ ...parts, credentials: createCredentialsFile(fs, DATA), lookAgain }),
  });
  await store.transaction(({ db }) =>
    db.insert(people).values({
      ...{ id: ADA, email: "ada@harbor.example", name: "Ada", role: "auditor" as const, publisherId: null },
      ...{ state: "active" as const, createdAt: new Date(0) },
    }),
  );
  return store;
}

const setPassword = (store: Store, n: number) =>
  store.transaction(({ db }) => {
    const row = { passwordHash: `hash ${n}`, changedAt: new Date(n * 1000) };
    return db
      .insert(credentials)
      .values({ personId: ADA, ...row })
      .onConflictDoUpdate({ target: credentials.personId, set: row });
  });

/** What counts after `store/` was lost: the journal, and the file beside it. */
async function afterRebuild(fs: MemoryJournalFs): Promise<{ hashes: number[]; identities: number }> {
  const scan = await scanJournal(fs, JOURNAL);
  if (scan.state !== "whole") return { hashes: [], identities: 0 };
  await rebuildRows(rebuilt, readJournal(fs, JOURNAL, 1), await createCredentialsFile(fs, DATA).read());
  const { rows } = await rebuilt.query<{ password_hash: string }>("select password_hash from credentials");
  const linked = await rebuilt.query("select 1 from identities");
  return { hashes: rows.map((row) => Number(row.password_hash.slice(5))), identities: linked.rows.length };
}

describe("a password, after store/ was lost", () => {
  it.each([
    ["one operation of the disk fails", (operation: number, failing: number) => operation === failing],
    ["the process is killed at one", (operation: number, failing: number) => operation >= failing],
  ])("is the newest acknowledged one, or one being set: never an older, never none (%s)", async (_, fails) => {
    let isThrough = false;
    for (let failing = 1; !isThrough; failing += 1) {
      const fs = memoryJournalFs();
      const store = await openOn(fs);
      fs.failWhen((operation) => fails(operation, failing));
      let acknowledged = 0;
      let attempted = 0;
      for (const n of [1, 2, 3]) {
        attempted = n;
        try {
          await setPassword(store, n);
          acknowledged = n;
        } catch (error) {
          expect(error).toMatchObject({ code: "unavailable" });
        }
      }
      isThrough = fs.operations < failing;
      fs.failWhen(() => false);
      fs.losePower();
      const { hashes } = await afterRebuild(fs);
      const [valid = 0] = hashes;
      expect(valid, `operation ${failing}`).toBeGreaterThanOrEqual(acknowledged);
      expect(valid).toBeLessThanOrEqual(attempted);
      expect(JSON.stringify([...fs.files.values()].map(String)), "the newest only").not.toMatch(
        /hash (\d).*hash (?!\1)/,
      );
    }
  });

  it("is none when the file is older than what the journal voids, when the person is gone, and when it is damaged", async () => {
    const fs = memoryJournalFs();
    const store = await openOn(fs);
    await setPassword(store, 1);
    const older = fs.files.get(FILE) ?? new Uint8Array();
    await setPassword(store, 2);
    const newer = fs.files.get(FILE) ?? new Uint8Array();
    expect((await afterRebuild(fs)).hashes).toEqual([2]);
    fs.files.set(FILE, older);
    expect((await afterRebuild(fs)).hashes).toEqual([]);
    const garbled = Buffer.from(newer);
    garbled[100] = (garbled[100] ?? 0) ^ 1;
    fs.files.set(FILE, garbled);
    expect(await createCredentialsFile(fs, DATA).read()).toBeNull();
    await store.transaction(async ({ db }) => {
      await db.delete(credentials);
      await db.delete(people);
    });
    fs.files.set(FILE, newer);
    expect((await afterRebuild(fs)).hashes).toEqual([]);
  });
});

describe("a link to an identity provider, after store/ was lost", () => {
  it("is there, and one that was taken away stays away", async () => {
    const fs = memoryJournalFs();
    const store = await openOn(fs);
    const link = { issuer: "https://id.example", subject: "ada", personId: ADA, linkedAt: new Date(5000) };
    await store.transaction(({ db }) => db.insert(identities).values(link));
    const linked = fs.files.get(FILE) ?? new Uint8Array();
    expect((await afterRebuild(fs)).identities).toBe(1);
    await store.transaction(({ db }) => db.delete(identities).where(eq(identities.subject, "ada")));
    expect((await afterRebuild(fs)).identities).toBe(0);
    fs.files.set(FILE, linked);
    expect((await afterRebuild(fs)).identities).toBe(0);
  });
});

describe("of a file and of rows that stand", () => {
  it("the newer counts, person by person", () => {
    const row = (person: string, second: number, hash: string) => ({
      person_id: person,
      changed_at: new Date(second * 1000).toISOString(),
      password_hash: hash,
    });
    const merged = newestRows(
      { credentials: [row("a", 1, "file"), row("b", 2, "file"), row("c", 1, "file")] },
      { credentials: [row("a", 2, "rows"), row("b", 1, "rows"), row("c", 1, "rows"), row("d", 1, "rows")] },
    );
    expect(merged.credentials?.map((each) => each.password_hash)).toEqual(["rows", "file", "file", "rows"]);
  });
});
