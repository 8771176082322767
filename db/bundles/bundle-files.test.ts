import { createHash, sign } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eq, isNotNull } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKeyShape } from "@/native/core/crypto/public-key";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { bundles, programs, publisherKeys, publishers, versions } from "../schema";
import type { Store } from "../store";
import { flipBit, withDataFolder } from "../testing/data-folder";
import { memoryJournalFs } from "../testing/memory-journal-fs";
import { openTestStore } from "../testing/with-test-store";
import { type BundleFiles, createBundleFiles, keepBundle, piecesOf } from "./bundle-files";
import { nodeBundleFs } from "./bundle-fs";
import { contentOf, moveBundleOut } from "./move-bundles-out";
import { findDamagedBundles, restoreBundles } from "./restore-bundles";

const FOLDER = "data/bundles";
const { privateKey, publicKey } = makeKeyPair();
const jwk = publicKeyShape.parse(publicKey.export({ format: "jwk" }));
const createdAt = new Date("2026-03-01T00:00:00Z");

function bundleOf(text: string) {
  const content = new Uint8Array(Buffer.from(text));
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { sha256, content, signature: new Uint8Array(sign("sha256", content, privateKey)) };
}
const bytesOf = ({ content, signature }: { content: Uint8Array; signature: Uint8Array }) => ({
  content: Buffer.from(content),
  signature: Buffer.from(signature),
});
const read = async (files: BundleFiles, sha256: string) => {
  const bundle = await files.read(sha256);
  return bundle === null ? null : bytesOf(bundle);
};
async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

describe("a bundle's files", () => {
  it("are whole or not there, whichever operation of the disk fails and whenever power is lost", async () => {
    const bundle = bundleOf("one");
    let isThrough = false;
    for (let failing = 1; !isThrough; failing += 1) {
      const fs = memoryJournalFs();
      const files = createBundleFiles(fs, FOLDER);
      fs.failWhen((operation) => operation === failing);
      try {
        const staged = await files.stage(piecesOf(bundle.content, 2));
        expect(staged.sizeBytes).toBe(bundle.content.length);
        expect((await createBundleFiles(fs.fork(), FOLDER).list()).size).toBe(0);
        await staged.keep(bundle.sha256, bundle.signature);
        isThrough = fs.operations < failing;
      } catch (error) {
        expect(error, `operation ${failing}`).toMatchObject({ code: expect.stringMatching(/^(unavailable|EIO)$/) });
      }
      fs.failWhen(() => false);
      fs.losePower();
      const kept = await read(files, bundle.sha256);
      if (kept !== null || isThrough) expect(kept).toEqual(bytesOf(bundle));
    }
  });

  it("never clash where two processes hand in the same bytes, and neither finds the other's unfinished", async () => {
    const fs = memoryJournalFs();
    const [here, there] = [createBundleFiles(fs, FOLDER), createBundleFiles(fs, FOLDER)];
    const bundle = bundleOf("one");
    const staged = await Promise.all([here, there].map((files) => files.stage(piecesOf(bundle.content))));
    expect(await here.removeUnfinished(0)).toBe(0);
    await Promise.all(staged.map((each) => each.keep(bundle.sha256, bundle.signature)));
    for (const each of staged) await each.drop();
    expect([...fs.files.keys()].sort()).toEqual([
      join(FOLDER, `${bundle.sha256}.ma`),
      join(FOLDER, `${bundle.sha256}.ma.sig`),
    ]);
    expect(await read(there, bundle.sha256)).toEqual(bytesOf(bundle));
  });

  it("leave nothing of what breaks off while it comes in", async () => {
    const fs = memoryJournalFs();
    const files = createBundleFiles(fs, FOLDER);
    async function* broken() {
      yield new Uint8Array(3);
      throw new Error("the sender is gone");
    }
    await expect(files.stage(broken())).rejects.toThrow("the sender is gone");
    expect([...fs.files.keys()]).toEqual([]);
  });

  it("are never taken for those of other bytes: a changed file is told, and is no bundle", async () => {
    const fs = memoryJournalFs();
    const files = createBundleFiles(fs, FOLDER);
    const bundle = bundleOf("one");
    expect(await files.check(bundle.sha256)).toBe("missing");
    await keepBundle(files, bundle.sha256, bundle);
    expect(await files.check(bundle.sha256)).toBe("kept");
    fs.files.set(join(FOLDER, `${bundle.sha256}.ma`), bundleOf("two").content);
    expect(await files.check(bundle.sha256)).toBe("changed");
    expect(await files.read(bundle.sha256)).toBeNull();
  });

  it("that were never finished go once they are old, and a stranger's file stays", async () => {
    let nowMs = 1000;
    const fs = memoryJournalFs(undefined, () => nowMs);
    const files = createBundleFiles(fs, FOLDER);
    const kept = bundleOf("kept");
    await keepBundle(files, kept.sha256, kept);
    await files.stage(piecesOf(kept.content));
    const file = await fs.create(join(FOLDER, `${"0".repeat(64)}.ma.sig`));
    await file.write(kept.signature);
    fs.files.set(join(FOLDER, `${"1".repeat(64)}.7.new`), kept.content);
    fs.files.set(join(FOLDER, "a stranger's file"), kept.content);
    nowMs = 5000;
    const coming = await files.stage(piecesOf(kept.content));
    expect(await files.removeUnfinished(2000)).toBe(3);
    expect(fs.files.has(join(FOLDER, "a stranger's file"))).toBe(true);
    await coming.keep(kept.sha256, kept.signature);
    expect(await read(files, kept.sha256)).toEqual(bytesOf(kept));
  });
});

describe("bundles of before, whose bytes are in their rows", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  const rowsWithBytes = () => store.db.select().from(bundles).where(isNotNull(bundles.content));

  it("become files, and no bytes are lost whichever operation of the disk fails", async () => {
    const older = bundleOf("of before");
    const { sha256, content, signature } = older;
    const row = { sha256, sizeBytes: content.length, content, signature, createdAt };
    await store.transaction(({ db }) => db.insert(bundles).values(row));
    expect(await collect(contentOf(store, row, 4))).toEqual(Buffer.from(content));

    let isThrough = false;
    for (let failing = 1; !isThrough; failing += 1) {
      const fs = memoryJournalFs();
      const files = createBundleFiles(fs, FOLDER);
      fs.failWhen((operation) => operation === failing);
      isThrough = await moveBundleOut(store, files).then(
        () => fs.operations < failing,
        () => false,
      );
      fs.failWhen(() => false);
      fs.losePower();
      const [still] = await rowsWithBytes();
      if (still === undefined) expect(await read(files, sha256)).toEqual(bytesOf(older));
      else expect(Buffer.from(still.content ?? [])).toEqual(Buffer.from(content));
      if (still === undefined && !isThrough) await store.transaction(({ db }) => db.update(bundles).set({ content }));
    }
    expect(await rowsWithBytes()).toEqual([]);
    expect(await moveBundleOut(store, createBundleFiles(memoryJournalFs(), FOLDER))).toBe(false);
  });

  it("have the signature of their row as files, also where one of the same bytes was there under another", async () => {
    const { sha256, content, signature } = bundleOf("signed twice");
    await store.transaction(({ db }) =>
      db.insert(bundles).values({ sha256, sizeBytes: content.length, content, signature, createdAt }),
    );
    const fs = memoryJournalFs();
    const files = createBundleFiles(fs, FOLDER);
    const others = new Uint8Array(sign("sha256", content, makeKeyPair().privateKey));
    await keepBundle(files, sha256, { content, signature: others });
    expect(await moveBundleOut(store, files)).toBe(true);
    fs.losePower();
    expect(await read(files, sha256)).toEqual(bytesOf({ content, signature }));
    expect(await rowsWithBytes()).toEqual([]);
    expect([...fs.files.keys()]).toHaveLength(2);
  });

  it("that the database itself had changed become what they were, and are told", async () => {
    const { sha256, signature } = bundleOf("as it was signed");
    const content = bundleOf("as it stands there").content;
    const row = { sha256, sizeBytes: content.length, content, signature, createdAt };
    await store.transaction(({ db }) => db.insert(bundles).values(row));
    const files = createBundleFiles(memoryJournalFs(), FOLDER);
    expect(await moveBundleOut(store, files)).toBe(true);
    const [told] = await store.db.select().from(bundles).where(eq(bundles.sha256, sha256));
    expect(told).toMatchObject({ content: null, state: "changed" });
    expect(await collect(files.stream(sha256))).toEqual(Buffer.from(content));
  });
});

describe("bundles that are not whole", () => {
  const folder = withDataFolder();
  const path = (sha256: string, ending: string) => join(folder.path, "bundles", `${sha256}.${ending}`);
  const filesOf = () => createBundleFiles(nodeBundleFs, join(folder.path, "bundles"));
  const rowsOf = (store: Store) => ({
    db: store.db,
    write: <T>(work: (db: Store["db"]) => Promise<T>) => store.transaction(({ db }) => work(db)),
  });

  type Submitted = Pick<typeof versions.$inferInsert, "state"> & { kid?: string; submissionId?: string };

  /** A version with its bundle, signed by the key that verifies; its row names `kid`. */
  async function submit(store: Store, code: number, more: Submitted = { state: "listed" }) {
    const { state, kid = "kid_1", submissionId = `sub_${code}` } = more;
    const bundle = bundleOf(`version ${code}`);
    const { sha256, content, signature } = bundle;
    await keepBundle(filesOf(), sha256, bundle);
    await store.transaction(async ({ db }) => {
      await db
        .insert(bundles)
        .values({ sha256, sizeBytes: content.length, signature, createdAt })
        .onConflictDoNothing();
      await db.insert(versions).values({
        ...{ appId: "com.example.a", code, name: `${code}.0`, publisherId: "pub_1", sha256, kid, state, submissionId },
        ...{ sizeBytes: content.length, engine: "script" as const, declares: [], manifest: {}, submittedAt: createdAt },
      });
    });
    return bundle;
  }

  /** A store with a program, and its publisher's keys: by `kid_1` bundles are signed, by `kid_0` none. */
  async function openWithProgram(): Promise<Store> {
    const { store } = await folder.open();
    const other = publicKeyShape.parse(makeKeyPair().publicKey.export({ format: "jwk" }));
    await store.transaction(async ({ db }) => {
      await db.insert(publishers).values({ id: "pub_1", name: "One", createdAt });
      const key = { publisherId: "pub_1", status: "active" as const, createdAt };
      await db.insert(publisherKeys).values([
        { ...key, kid: "kid_1", jwk },
        { ...key, kid: "kid_0", jwk: other },
      ]);
      const name = { appId: "com.example.a", publisherId: "pub_1", name: "A" };
      await db.insert(programs).values({ ...name, status: "active", createdAt });
    });
    return store;
  }

  async function submitFour(store: Store) {
    const [one, two, three, four] = [
      await submit(store, 1),
      await submit(store, 2),
      await submit(store, 3),
      await submit(store, 4),
    ];
    return { one, two, three, four };
  }

  it("come back at an opening where their files are whole, and each of the others is named with the reason", async () => {
    const first = await openWithProgram();
    const { one: good, two: gone, three: changed, four: unsigned } = await submitFour(first);
    expect(statSync(path(good.sha256, "ma")).mode & 0o777).toBe(0o600);
    await first.transaction(({ db }) => db.delete(bundles));
    await first.close();

    rmSync(path(gone.sha256, "ma"));
    flipBit(path(changed.sha256, "ma"), 0);
    writeFileSync(path(unsigned.sha256, "ma.sig"), readFileSync(path(good.sha256, "ma.sig")));
    const { store, recovery } = await folder.open();
    expect(recovery.bundles).toEqual({
      restored: 1,
      missing: [
        `com.example.a 2 (${gone.sha256}: its file is not there)`,
        `com.example.a 3 (${changed.sha256}: its file was changed)`,
        `com.example.a 4 (${unsigned.sha256}: the signature beside its file was changed)`,
      ],
    });
    const rows = await store.db.select().from(bundles);
    expect(rows).toMatchObject([{ sha256: good.sha256, sizeBytes: good.content.length, kid: "kid_1", state: "kept" }]);
    expect(Buffer.from(rows[0]?.signature ?? [])).toEqual(Buffer.from(good.signature));
    await store.close();
    rmSync(path(good.sha256, "ma"));
    const again = await folder.open();
    expect(again.recovery.bundles).toMatchObject({ restored: 0, missing: { length: 4 } });
    await again.store.close();
  });

  it("come back by the key of the version that needs them, whoever else sent the same bytes and was refused", async () => {
    const first = await openWithProgram();
    await submit(first, 1, { state: "refused", kid: "kid_0", submissionId: "sub_refused" });
    const { sha256 } = await submit(first, 1);
    const refused = await submit(first, 2, { state: "refused", kid: "kid_0", submissionId: "sub_refused_2" });
    await first.transaction(({ db }) => db.delete(bundles));
    await first.close();
    const { store, recovery } = await folder.open();
    expect(recovery.bundles).toEqual({ restored: 1, missing: [] });
    const row = { sha256: bundles.sha256, kid: bundles.kid };
    expect(await store.db.select(row).from(bundles)).toEqual([{ sha256, kid: "kid_1" }]);
    expect(sha256).not.toBe(refused.sha256);
    await store.close();
  });

  it("are each named by a check, and made whole of what there is of them", async () => {
    const store = await openWithProgram();
    const whole = await submit(store, 5);
    const { one: unlisted, two: besideFile, three: inRow, four: changed } = await submitFour(store);
    const foreign = whole.signature;
    await store.transaction(async ({ db }) => {
      await db.delete(bundles).where(eq(bundles.sha256, unlisted.sha256));
      await db.update(bundles).set({ signature: foreign }).where(eq(bundles.sha256, inRow.sha256));
    });
    writeFileSync(path(besideFile.sha256, "ma.sig"), foreign);
    flipBit(path(changed.sha256, "ma"), 0);
    const damages = await findDamagedBundles(store.db, filesOf());
    expect(damages.map(({ found }) => found)).toEqual([
      `com.example.a 1 (${unlisted.sha256}): its row is not there`,
      `com.example.a 2 (${besideFile.sha256}): the signature beside its file was changed`,
      `com.example.a 3 (${inRow.sha256}): the signature in its row was changed`,
      `com.example.a 4 (${changed.sha256}): its file was changed`,
    ]);
    const mend = () => restoreBundles(rowsOf(store), filesOf(), { reads: "all", at: createdAt });
    const missing = [`com.example.a 4 (${changed.sha256}: its file was changed)`];
    expect(await mend()).toEqual({ restored: 3, missing });
    expect(await findDamagedBundles(store.db, filesOf())).toEqual([damages[3]]);
    expect(await mend()).toEqual({ restored: 0, missing });
    for (const { sha256, signature } of [unlisted, besideFile, inRow]) {
      const [row] = await store.db.select().from(bundles).where(eq(bundles.sha256, sha256));
      expect(Buffer.from(row?.signature ?? [])).toEqual(Buffer.from(signature));
      expect(readFileSync(path(sha256, "ma.sig"))).toEqual(Buffer.from(signature));
    }
    await store.close();
  });

  it("are left alone where somebody else wrote their row meanwhile", async () => {
    const store = await openWithProgram();
    const { one: signed, two: sent } = await submitFour(store);
    const signature = new Uint8Array(Buffer.from("another one"));
    const setRow = (found: Partial<typeof bundles.$inferInsert>) =>
      store.transaction(({ db }) => db.update(bundles).set(found));
    const meanwhile = (work: () => Promise<unknown>) => ({
      db: store.db,
      async write<T>(restore: (db: Store["db"]) => Promise<T>): Promise<T> {
        await work();
        return store.transaction(({ db }) => restore(db));
      },
    });
    const beside = () => readFileSync(path(signed.sha256, "ma.sig"));
    // From its own file, whose signature is not the row's any more.
    await setRow({ signature: new Uint8Array(1) });
    const rows = meanwhile(() => setRow({ signature }));
    expect(await restoreBundles(rows, filesOf(), { reads: "all", at: createdAt })).toMatchObject({ restored: 0 });
    // From elsewhere, where its file was gone.
    rmSync(path(sent.sha256, "ma"));
    async function* spare() {
      yield sent;
    }
    const removed = meanwhile(() => setRow({ state: "removed" }));
    const options = { spare, reads: "all" as const, at: createdAt };
    expect(await restoreBundles(removed, filesOf(), options)).toMatchObject({ restored: 0 });
    expect((await filesOf().list()).has(sent.sha256)).toBe(false);
    const found = await store.db.select({ signature: bundles.signature, state: bundles.state }).from(bundles);
    expect(new Set(found.map((row) => `${row.state} ${Buffer.from(row.signature)}`))).toEqual(
      new Set(["removed another one"]),
    );
    expect(beside()).toEqual(Buffer.from(signed.signature));
    await store.close();
  });

  it("are named where they cannot be written, and keep no other from being made whole", async () => {
    const store = await openWithProgram();
    const { one: readOnly, two: other } = await submitFour(store);
    for (const { sha256 } of [readOnly, other]) rmSync(path(sha256, "ma.sig"));
    const files = filesOf();
    const fault = Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
    const sign: BundleFiles["sign"] = (sha256, signature) =>
      sha256 === readOnly.sha256 ? Promise.reject(fault) : files.sign(sha256, signature);
    expect(await restoreBundles(rowsOf(store), { ...files, sign }, { reads: "all", at: createdAt })).toEqual({
      restored: 1,
      missing: [`com.example.a 1 (${readOnly.sha256}: it cannot be written, ${fault.message})`],
    });
    await store.close();
  });
});
