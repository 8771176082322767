import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { testStoreKind } from "@/db/testing/with-test-store";
import { createRouter } from "@/lib/http/router";
import { ownPayload } from "../documents/own-jws";
import { publishDocuments } from "../publish-documents";
import { createRuntimeApi, runtimeRoutedHandlers } from "../runtime/runtime-api";
import { publishNextKeyset } from "../testing/next-keyset";
import { openRuntimeFixture, type RuntimeFixture } from "../testing/runtime-fixture";
import { openSyncFixture, setStatus } from "../testing/sync-fixture";
import { createDocumentGuard } from "./document-guard";
import { createKeysetChain } from "./keyset-chain";
import { rootsOf } from "./root-thumbprints";

const APP = "com.example.a";
let fixture: RuntimeFixture;
let token: string;

beforeEach(async () => {
  fixture = await openRuntimeFixture();
  await fixture.addProgram(APP);
  await publish();
  await publish();
  token = (await fixture.addDevice()).accessToken;
});
afterEach(() => fixture.close());

const publish = (options: { narrows?: boolean; isNarrowing?: boolean } = {}) =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, {
      ...{ appIds: [APP], platform: true, changeSetId: null, narrows: false, ...options },
    }),
  );
const execute = (statement: string) => fixture.store.transaction(({ db }) => db.execute(sql.raw(statement)));
const NEWEST = `kind = 'platform' and revision = 3`;

/** A process of this store that has served nothing yet. */
async function ask(path: string): Promise<number> {
  const { store, bundles, ctx } = fixture;
  const keysets = createKeysetChain({ roots: fixture.ctx.keysets.roots() });
  const fresh = { ...ctx, keysets, guard: createDocumentGuard(keysets) };
  const api = createRuntimeApi({ store, bundles, ctx: fresh, accessKey: fixture.accessKey, validatesOutput: true });
  const router = createRouter(runtimeRoutedHandlers(api), ctx);
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await router(new Request(`http://console.test/api/runtime/v1/${path}`, { headers }));
  api.close();
  return status;
}

describe(`what is handed out (${testStoreKind()})`, () => {
  it("is what was signed, where nobody changed it, of a new keyset too", async () => {
    await publishNextKeyset(fixture, {});
    for (const path of ["keyset", "keyset/1", "keyset/2", "platform", `programs/${APP}`]) {
      expect(await ask(path), path).toBe(200);
    }
  });

  it.each([
    ["an edited platform document", `update documents set jws = jws || 'A' where ${NEWEST}`, "platform"],
    [
      "an older platform document in the newest one's place",
      `update documents set jws = (select jws from documents where kind = 'platform' and revision = 1) where ${NEWEST}`,
      "platform",
    ],
    ["a platform document whose newest is gone", `delete from documents where ${NEWEST}`, "platform"],
    [
      "an edited program document",
      "update documents set jws = 'no document' where kind = 'program'",
      `programs/${APP}`,
    ],
    [
      "a program's document under another one's name",
      `update documents set jws = (select jws from documents where ${NEWEST}) where kind = 'program'`,
      `programs/${APP}`,
    ],
    ["an edited keyset", "update keysets set jws = replace(jws, 'signature', 'signatur')", "keyset"],
    [
      "a keyset with other claims beside it",
      `update keysets set claims = jsonb_set(claims, '{threshold}', '9')`,
      "keyset",
    ],
    ["a keyset that is gone", "delete from keysets", "keyset"],
  ])("is never %s", async (_, statement, path) => {
    await execute(statement);
    expect([503, 404]).toContain(await ask(path));
    if (path !== "keyset") expect(await ask("keyset")).toBe(200);
  });

  it("is not what was changed after it was served, and the newest is signed anew by any publish, a suspension too", async () => {
    expect((await fixture.fetch("platform")).status).toBe(200);
    await execute(`update documents set jws = 'edited' where ${NEWEST}`);
    fixture.clock.advance(10);
    expect((await fixture.fetch("platform")).status).toBe(503);
    expect(fixture.ctx.guard.faults()).toHaveLength(1);
    await setStatus(fixture.store, APP, "suspended");
    await publish({ narrows: true, isNarrowing: true });
    expect((await fixture.fetch("platform")).status).toBe(200);
    expect(fixture.ctx.guard.faults()).toEqual([]);
  });

  it("stops being handed out with a keyset that was changed, and a suspension is signed by the one that verified", async () => {
    expect((await fixture.fetch("keyset")).status).toBe(200);
    await execute("update keysets set jws = 'edited', claims = jsonb_set(claims, '{epoch}', '7')");
    fixture.clock.advance(10);
    expect((await fixture.fetch("keyset")).status).toBe(503);
    await setStatus(fixture.store, APP, "suspended");
    await publish({ narrows: true, isNarrowing: true });
    const newest = await newestDocument(fixture.store.db, "platform", "");
    expect(ownPayload(newest?.jws ?? "")).toMatchObject({ epoch: 1, suspended: [APP] });
  });
});

describe("keysets", () => {
  it("are walked from the root keys that are named outside the database, and from no others", async () => {
    const other = await openSyncFixture();
    const roots = await rootsOf(other.keyset);
    await other.close();
    const walk = await createKeysetChain({ roots }).walk(fixture.store.db);
    expect(walk).toMatchObject({ keysets: [], fault: { revision: 1 } });
    await publishNextKeyset(fixture, {});
    const own = createKeysetChain({ roots: await rootsOf(fixture.keyset) });
    expect((await own.walk(fixture.store.db)).fault).toBeNull();
  });

  it("are missed once one is gone: by who has seen it, and by the copy beside the keys", async () => {
    await publishNextKeyset(fixture, {});
    const { keysets } = fixture.ctx;
    const copy = (await keysets.require(fixture.store.db)).at(-1)?.jws ?? "";
    await execute("delete from keysets where revision = 2");
    expect((await keysets.walk(fixture.store.db)).fault).toMatchObject({ revision: 2 });
    const options = { roots: keysets.roots() };
    expect((await createKeysetChain(options).walk(fixture.store.db)).fault).toBeNull();
    const beside = createKeysetChain({ ...options, readCopy: async () => copy });
    expect((await beside.walk(fixture.store.db)).fault).toMatchObject({ revision: 2 });
  });

  it("that a transaction took and gave back are not missed", async () => {
    await fixture.ctx.keysets.observe(fixture.store.db);
    await expect(
      fixture.store.transaction(async ({ db }) => {
        await db.execute(
          sql.raw(`insert into keysets select 2, epoch, jws, claims, expires_at_seconds, created_at from keysets`),
        );
        await fixture.ctx.keysets.newest(db);
        throw new Error(randomBytes(1).toString("hex"));
      }),
    ).rejects.toThrow();
    expect((await fixture.ctx.keysets.observe(fixture.store.db)).fault).toBeNull();
  });
});
