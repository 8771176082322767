import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keepBundle } from "@/db/bundles/bundle-files";
import { bundles, versions } from "@/db/schema";
import { openRuntimeFixture, type RuntimeFixture } from "@/lib/sync/testing/runtime-fixture";
import { bundleCheck } from "./bundle-check";

let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntimeFixture();
});
afterAll(() => fixture.close());

it("warns of each listed version whose file or row is not there or was changed, by name, and of nothing else", async () => {
  const { store, bundles: files, addProgram, addBundle } = fixture;
  const check = bundleCheck(store, files);
  const content = new Uint8Array([7, 8, 9]);
  await addProgram("com.example.fetched");
  const sha256 = await addBundle("com.example.fetched", content);
  await files.remove(sha256);
  // Nobody fetches what only waits.
  expect(await check.run()).toMatchObject({ state: "ok" });
  await store.transaction(({ db }) => db.update(versions).set({ state: "listed" }).where(eq(versions.sha256, sha256)));
  expect(await check.run()).toMatchObject({
    state: "warn",
    says: "Bundles that devices cannot fetch: com.example.fetched 1 (not there).",
  });
  await keepBundle(files, sha256, { content, signature: content });
  expect(await check.run()).toMatchObject({ state: "ok" });
  await store.transaction(({ db }) => db.update(bundles).set({ state: "changed" }).where(eq(bundles.sha256, sha256)));
  expect(await check.run()).toMatchObject({ says: expect.stringContaining("com.example.fetched 1 (changed)") });
  const [row] = await store.transaction(({ db }) => db.delete(bundles).where(eq(bundles.sha256, sha256)).returning());
  expect(await check.run()).toMatchObject({
    says: expect.stringContaining("com.example.fetched 1 (its row is not there)"),
  });
  if (row === undefined) throw new Error("its row");
  await store.transaction(({ db }) => db.insert(bundles).values(row));
  // One of before is served from its row until it is a file.
  await files.remove(sha256);
  await store.transaction(({ db }) => db.update(bundles).set({ content, state: "kept" }));
  expect(await check.run()).toMatchObject({ state: "ok" });
});
