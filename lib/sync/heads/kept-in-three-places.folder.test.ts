import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { withDataFolder } from "@/db/testing/data-folder";
import { readLogRecords } from "@/lib/audit/log-records";
import { verifyAudit } from "@/lib/audit/verify-audit";
import { publishDocuments } from "../publish-documents";
import { openSyncFixture } from "../testing/sync-fixture";
import { createTrust } from "./create-trust";

describe("a head in the data folder of an embedded store", () => {
  const folder = withDataFolder();

  it("stands in the table, in the file of the day and in the journal, and is missed where one of them lacks it", async () => {
    const { store } = await folder.open();
    const fixture = await openSyncFixture({ store });
    const { clock, logger, signer, keysets } = fixture.ctx;
    const roots = keysets.roots();
    if (roots === null) throw new Error("the fixture names its root keys");
    const trust = createTrust({ dataDir: folder.path, clock, logger, signer, roots });
    const publish = () =>
      store.transaction((tx) =>
        publishDocuments(
          tx,
          { ...fixture.ctx, ...trust },
          {
            ...{ appIds: [], platform: true, changeSetId: null, narrows: false },
          },
        ),
      );
    await publish();
    await trust.heads.tend(store);
    const verify = () => verifyAudit(store.db, { roots, outside: trust.heads });
    const places = async () => {
      const kept: unknown[] = [];
      for await (const record of (await readLogRecords(store.db, trust.heads)).records()) {
        if (typeof record === "object" && record !== null && "kept" in record) kept.push(record.kept);
      }
      return kept;
    };
    expect(await places()).toEqual([
      ["table", "file", "journal"],
      ["table", "file", "journal"],
    ]);
    expect(await verify()).toMatchObject({ isWhole: true, heads: 2 });

    await store.transaction(({ db }) => db.execute(sql.raw("delete from audit_heads where sequence = 3")));
    for (let n = 0; n < 10; n += 1) await publish();
    await trust.heads.tend(store);
    expect(await places()).toContainEqual(["file", "journal"]);
    const found = await verify();
    expect(found).toMatchObject({ isWhole: false, firstBadSequence: 3, problem: "HEAD_MISSING" });
    await fixture.close();
    await store.close();
  });
});
