import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeJournalFs } from "@/db/journal/journal-fs";
import { publishers } from "@/db/schema";
import { withDataFolder } from "@/db/testing/data-folder";
import { randomIds } from "@/lib/platform/ids";
import { storeRead, storeWrite } from "./store-checks";

const clock = { nowMs: () => Date.parse("2026-03-02T00:00:00Z") };
const ctx = { clock, ids: randomIds, logger: () => undefined };

describe("the store's writing", () => {
  const folder = withDataFolder();

  it("fails before a decision meets a journal that takes no more, says why, and leaves nothing in it", async () => {
    let code: string | null = null;
    const refuse = async () => {
      if (code !== null) throw Object.assign(new Error(code), { code });
    };
    const journalFs = {
      ...nodeJournalFs,
      create: async (path: string) => {
        const file = await nodeJournalFs.create(path);
        return { ...file, sync: () => refuse().then(file.sync) };
      },
    };
    const { store } = await folder.open({ journalFs });
    const check = storeWrite(store, ctx);
    expect(await check.run()).toMatchObject({ state: "ok" });
    await store.transaction(({ db }) => db.insert(publishers).values({ id: "p", name: "P", createdAt: new Date(0) }));
    const segments = folder.segments();
    for (code of ["EROFS", "EIO", "ENOSPC"]) {
      await expect(check.run()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(`journal cannot be written (${code})`),
      });
      expect(folder.segments()).toEqual(segments);
    }
    code = null;
    expect(await check.run()).toMatchObject({ state: "ok" });
    expect(folder.segments()).toEqual(segments);
    rmSync(join(folder.path, "journal"), { recursive: true });
    await expect(check.run()).rejects.toThrow("journal cannot be written (ENOENT)");
    await store.close();
  });
});

describe("the store's reading", () => {
  const folder = withDataFolder();

  it("warns for an hour after the database had to be ended, and says why", async () => {
    const { store } = await folder.open();
    const endedAt = (at: string) => {
      const reopened = { times: 2, last: { at, why: "It was at one piece of work for more than 5 s." } };
      return { ...store, figures: async () => ({ lanes: [], jobs: [], takenBack: 0, hearing: null, reopened }) };
    };
    expect(await storeRead(store, ctx).run()).toMatchObject({ state: "ok" });
    expect(await storeRead(endedAt("2026-03-01T23:00:01Z"), ctx).run()).toMatchObject({
      state: "warn",
      says: expect.stringMatching(/ended and opened again, 2 times.*more than 5 s/),
    });
    expect(await storeRead(endedAt("2026-03-01T22:59:59Z"), ctx).run()).toMatchObject({ state: "ok" });
    await store.close();
  });
});
