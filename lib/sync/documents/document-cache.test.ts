import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import { testStoreKind } from "@/db/testing/with-test-store";
import { publishDocuments } from "../publish-documents";
import { createDeviceKey } from "../testing/device-key";
import { openSyncFixture, type SyncFixture } from "../testing/sync-fixture";
import { createDocumentCache, type DocumentCache, type DocumentName } from "./document-cache";

const A = "com.example.a";
const B = "com.example.b";
let fixture: SyncFixture;
/** `small`: questions where documents stand; `bytes`: readings of a document's row. */
let queries: { small: number; bytes: number };
let cache: DocumentCache;

/** The fixture's store, whose readings outside transactions are counted. */
function countingStore(): Pick<Store, "in"> {
  const db = new Proxy(fixture.store.db, {
    get(target, name) {
      if (name === "execute") queries.small += 1;
      if (name === "select") queries.bytes += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as Database;
  return { in: () => ({ ...fixture.store, db }) };
}

const publish = (appIds: string[]) =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds, platform: true, changeSetId: null, narrows: false }),
  );

beforeEach(async () => {
  fixture = await openSyncFixture();
  queries = { small: 0, bytes: 0 };
  await fixture.addProgram(A);
  await fixture.addProgram(B);
  await publish([A, B]);
  // What the guard reads of the log and the keysets is not what is counted.
  const guard = { ...fixture.ctx.guard, require: async () => undefined };
  cache = createDocumentCache(countingStore(), { ...fixture.ctx, guard });
});
afterEach(() => fixture.close());

const NAMES: DocumentName[] = ["platform", `program:${A}`, `program:${B}`, "program:com.example.missing"];
const revisionsOf = async (names: DocumentName[] = NAMES) =>
  (await Promise.all(names.map((name) => cache.newest(name)))).map((document) => document?.revision ?? null);

describe(`documents that are handed out (${testStoreKind()})`, () => {
  it("are asked for in one small query a turn, however many ask, and their bytes come from memory", async () => {
    expect(await revisionsOf()).toEqual([2, 1, 1, null]);
    expect(queries).toEqual({ small: 1, bytes: 3 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => revisionsOf()));
    expect(new Set(answers.map((revisions) => revisions.join()))).toEqual(new Set(["2,1,1,"]));
    expect(queries).toEqual({ small: 2, bytes: 3 });
  });

  it("are the newest for whoever asks after the publish was answered, though nobody told this process of it", async () => {
    await revisionsOf();
    await publish([A]);
    expect(await revisionsOf()).toEqual([3, 2, 1, null]);
    expect(queries).toEqual({ small: 2, bytes: 5 });
  });

  it("are asked for together with who may have them, as of one moment: whoever is revoked is none who asks later", async () => {
    const at = new Date(0);
    const device = { publicJwk: createDeviceKey().jwk, runtimeKind: "linux", runtimeVersion: "0.1.0", discarded: {} };
    const rows = ["dev_a", "dev_b"].map((id) => {
      return { ...device, id, name: id, thumbprint: id, runtimeLayers: [], enrolledAt: at };
    });
    await fixture.store.transaction(({ db }) => db.insert(devices).values(rows));
    const ask = () =>
      Promise.all(
        ["dev_a", "dev_b", "dev_none"].map(async (deviceId) => {
          const { isRevoked, document } = await cache.newestFor(`program:${A}`, deviceId);
          return [isRevoked, (await document())?.revision];
        }),
      );
    expect(await ask()).toEqual([
      [false, 1],
      [false, 1],
      [null, 1],
    ]);
    expect(queries.small).toBe(1);
    await publish([A]);
    await fixture.store.transaction(({ db }) =>
      db.update(devices).set({ revokedAt: at }).where(eq(devices.id, "dev_b")),
    );
    expect(await ask()).toEqual([
      [false, 2],
      [true, 2],
      [null, 2],
    ]);
    expect(queries.small).toBe(2);
  });

  it("are read once where many ask at once for one that is not in memory", async () => {
    const names = Array<DocumentName>(20).fill(`program:${A}`);
    expect(new Set(await revisionsOf(names))).toEqual(new Set([1]));
    expect(queries).toEqual({ small: 1, bytes: 1 });
  });

  it("are read again once their row was written, whatever was written", async () => {
    await revisionsOf(["platform"]);
    await fixture.store.transaction(({ db }) => db.execute(sql.raw("update documents set created_at = now()")));
    await revisionsOf(["platform"]);
    expect(queries).toEqual({ small: 2, bytes: 2 });
  });

  it("take no more memory than they may: the one that was asked for longest ago goes", async () => {
    const platform = await cache.newest("platform");
    const size = platform?.body.length ?? 0;
    cache = createDocumentCache(countingStore(), fixture.ctx, size * 1.5);
    queries.bytes = 0;
    await cache.newest("platform");
    const first = queries.bytes;
    await cache.newest(`program:${A}`);
    await cache.newest(`program:${B}`);
    queries.bytes = 0;
    await cache.newest(`program:${B}`);
    expect(queries.bytes).toBe(0);
    await cache.newest("platform");
    expect(queries.bytes).toBeGreaterThan(0);
    expect(queries.bytes).toBeLessThanOrEqual(first);
  });

  it("have their keysets walked once, and again after any of them was written", async () => {
    const { keysets } = fixture.ctx;
    let walks = 0;
    const counting: typeof keysets = {
      ...keysets,
      require(db) {
        walks += 1;
        return keysets.require(db);
      },
    };
    cache = createDocumentCache(countingStore(), { ...fixture.ctx, keysets: counting });
    for (let n = 0; n < 3; n += 1) expect((await cache.newest("keyset"))?.revision).toBe(1);
    expect(await cache.keyset(2)).toBeNull();
    expect(walks).toBe(1);
    await fixture.store.transaction(({ db }) => db.execute(sql.raw("update keysets set created_at = now()")));
    expect((await cache.keyset(1))?.revision).toBe(1);
    expect(walks).toBe(2);
  });
});
