import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBundleFiles } from "@/db/bundles/bundle-files";
import { bundles, versions } from "@/db/schema";
import type { BundleFiles } from "@/db/store";
import { memoryJournalFs } from "@/db/testing/memory-journal-fs";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { submitBundle } from "./submit-bundle";

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

/** The fixture's store with files on a disk of its own. */
function withFiles() {
  const fs = memoryJournalFs();
  const bundleFiles: BundleFiles = createBundleFiles(fs, "bundles");
  return { fs, bundleFiles, ctx: { ...held.ctx, store: { ...held.ctx.store, bundleFiles } } };
}

describe("a submission, where bundles are files too", () => {
  test("has its bundle on the disk, byte for byte, once it is acknowledged", async () => {
    const { fs, bundleFiles, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    await submitBundle(ctx, publisher.actor, sent);
    fs.losePower();
    const [sha256 = ""] = (await bundleFiles.list()).whole;
    const kept = await bundleFiles.read(sha256);
    expect(Buffer.from(kept?.content ?? [])).toEqual(Buffer.from(sent.bytes));
    expect(Buffer.from(kept?.signature ?? [])).toEqual(Buffer.from(sent.signatureDer));
    expect(await ctx.store.db.select().from(bundles).where(eq(bundles.sha256, sha256))).toHaveLength(1);
  });

  test("that is refused leaves no file", async () => {
    const { fs, ctx } = withFiles();
    const { appId } = await held.program();
    const stranger = await held.publisher();
    const refused = submitBundle(ctx, stranger.actor, held.bundle(stranger, { appId, code: 1 }));
    expect((await refusalOf(refused)).code).toBe("not_found");
    expect([...fs.files.keys()]).toEqual([]);
  });

  test("is not taken when the disk does not take it, whichever operation fails", async () => {
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    for (const operation of ["makeFolder", "create", "write", "sync", "rename", "syncFolder"]) {
      const { fs, ctx } = withFiles();
      fs.failWhen((_, name) => name === operation);
      expect((await refusalOf(submitBundle(ctx, publisher.actor, sent))).code, operation).toBe("unavailable");
      expect(await ctx.store.db.select().from(versions).where(eq(versions.appId, appId))).toEqual([]);
    }
  });
});
