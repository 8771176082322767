import { createHash, sign } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKeyShape } from "@/native/core/crypto/public-key";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { createPgliteStore } from "../pglite/create-pglite-store";
import { bundles, programs, publisherKeys, publishers, versions } from "../schema";
import type { Store } from "../store";
import { flipBit, withDataFolder } from "../testing/data-folder";
import { memoryJournalFs } from "../testing/memory-journal-fs";
import { pgliteSeed } from "../testing/pglite-seed";
import { createBundleFiles } from "./bundle-files";
import { tendBundleFiles } from "./tend-bundle-files";

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
const read = async (files: ReturnType<typeof createBundleFiles>, sha256: string) => {
  const bundle = await files.read(sha256);
  return bundle === null ? null : bytesOf(bundle);
};

describe("a bundle's files", () => {
  it("are whole or not there, whichever operation of the disk fails and whenever power is lost", async () => {
    const bundle = bundleOf("one");
    let isThrough = false;
    for (let failing = 1; !isThrough; failing += 1) {
      const fs = memoryJournalFs();
      const files = createBundleFiles(fs, FOLDER);
      fs.failWhen((operation) => operation === failing);
      try {
        const staged = await files.stage(bundle.sha256, bundle);
        expect(await createBundleFiles(fs, FOLDER).read(bundle.sha256)).toBeNull();
        await staged.keep();
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

  it("are never those of other bytes: a changed file is no bundle", async () => {
    const fs = memoryJournalFs();
    const files = createBundleFiles(fs, FOLDER);
    const bundle = bundleOf("one");
    await (await files.stage(bundle.sha256, bundle)).keep();
    fs.files.set(join(FOLDER, `${bundle.sha256}.ma`), bundleOf("two").content);
    expect(await files.read(bundle.sha256)).toBeNull();
  });
});

describe("tending them", () => {
  let client: PGlite;
  beforeAll(async () => {
    client = await PGlite.create({ loadDataDir: await pgliteSeed() });
  });
  afterAll(() => client.close());

  it("writes those of older rows, removes what no row names, and leaves what is being written", async () => {
    const fs = memoryJournalFs();
    const bundleFiles = createBundleFiles(fs, FOLDER);
    const store = createPgliteStore({ client, logger: () => undefined, bundleFiles, createLog: () => null });
    const [older, named, orphan, coming] = ["older", "named", "orphan", "coming"].map(bundleOf);
    if (!older || !named || !orphan || !coming) throw new Error("four bundles");
    for (const { sha256, content, signature } of [older, named]) {
      const row = { sha256, sizeBytes: content.length, content, signature, createdAt };
      await store.transaction(({ db }) => db.insert(bundles).values(row));
    }
    for (const bundle of [named, orphan]) await (await bundleFiles.stage(bundle.sha256, bundle)).keep();
    fs.files.set(join(FOLDER, `${orphan.sha256}.7.new`), orphan.content);
    fs.files.set(join(FOLDER, `${"0".repeat(64)}.ma.sig`), orphan.signature);
    fs.files.set(join(FOLDER, "a stranger's file"), orphan.content);
    const staged = await bundleFiles.stage(coming.sha256, coming);

    expect(await tendBundleFiles(store)).toEqual({ written: 1, removed: 3 });
    expect(await tendBundleFiles(store)).toEqual({ written: 0, removed: 0 });
    for (const bundle of [older, named]) expect(await read(bundleFiles, bundle.sha256)).toEqual(bytesOf(bundle));
    expect(fs.files.has(join(FOLDER, "a stranger's file"))).toBe(true);
    await staged.keep();
    expect(await read(bundleFiles, coming.sha256)).toEqual(bytesOf(coming));
    await staged.drop();
  });
});

describe("a store whose bundles have no rows", () => {
  const folder = withDataFolder();
  const path = (sha256: string, ending: string) => join(folder.path, "bundles", `${sha256}.${ending}`);

  async function submit(store: Store, code: number) {
    const bundle = bundleOf(`version ${code}`);
    const { sha256, content, signature } = bundle;
    const staged = await store.bundleFiles?.stage(sha256, bundle);
    await store.transaction(async ({ db }) => {
      await db.insert(bundles).values({ sha256, sizeBytes: content.length, content, signature, createdAt });
      await db.insert(versions).values({
        ...{ appId: "com.example.a", code, name: `${code}.0`, publisherId: "pub_1", sha256, kid: "kid_1" },
        ...{
          sizeBytes: content.length,
          engine: "script" as const,
          declares: [],
          manifest: {},
          state: "listed" as const,
        },
        ...{ submissionId: `sub_${code}`, submittedAt: createdAt },
      });
      await staged?.keep();
    });
    await staged?.drop();
    return bundle;
  }

  it("puts back those whose files are whole, and names each of the others with the reason", async () => {
    const first = await folder.open();
    await first.store.transaction(async ({ db }) => {
      await db.insert(publishers).values({ id: "pub_1", name: "One", createdAt });
      await db.insert(publisherKeys).values({ publisherId: "pub_1", kid: "kid_1", jwk, status: "active", createdAt });
      const name = { appId: "com.example.a", publisherId: "pub_1", name: "A" };
      await db.insert(programs).values({ ...name, status: "active", createdAt });
    });
    const submitted = [];
    for (const code of [1, 2, 3, 4]) submitted.push(await submit(first.store, code));
    const [good, gone, changed, unsigned] = submitted;
    if (!good || !gone || !changed || !unsigned) throw new Error("four versions");
    expect(statSync(path(good.sha256, "ma")).mode & 0o777).toBe(0o600);
    await first.store.transaction(({ db }) => db.delete(bundles));
    await first.store.close();

    rmSync(path(gone.sha256, "ma"));
    flipBit(path(changed.sha256, "ma"), 0);
    writeFileSync(path(unsigned.sha256, "ma.sig"), readFileSync(path(good.sha256, "ma.sig")));
    const { store, recovery } = await folder.open();
    expect(recovery.bundles).toEqual({
      restored: 1,
      missing: [
        `com.example.a 2 (${gone.sha256}: its file is not there, or was changed)`,
        `com.example.a 3 (${changed.sha256}: its file is not there, or was changed)`,
        `com.example.a 4 (${unsigned.sha256}: its signature was changed)`,
      ],
    });
    const rows = await store.db.select().from(bundles);
    expect(rows.map((row) => ({ sha256: row.sha256, ...bytesOf(row) }))).toEqual([
      { sha256: good.sha256, ...bytesOf(good) },
    ]);
    await store.close();
    const again = await folder.open();
    expect(again.recovery.bundles.restored).toBe(0);
    await again.store.close();
  });
});
