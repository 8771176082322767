import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { auditEntries, publisherKeys, publisherTokens, versions } from "@/db/schema";
import { withDataFolder } from "@/db/testing/data-folder";
import { unpackReleased } from "@/db/testing/released-folder";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { settleMakers } from "./settle-makers";

const folder = withDataFolder();
beforeEach(() => {
  rmSync(join(folder.path, "store"), { recursive: true });
  unpackReleased(folder.path);
});

/** Who made all of it there: an operator, who submitted it too and has one more version waiting. */
const MARA = "per_3vcfm4yvkqxe7b2k0edx";

it("the released version's folder has its tokens', keys' and submissions' people after the first start, and none is revoked", {
  timeout: 180_000,
}, async () => {
  const { store } = await folder.open();
  const before = await store.db.select().from(auditEntries);
  expect(await settleMakers(store, { clock: systemClock, ids: randomIds })).toEqual([]);
  const tokens = await store.db.select().from(publisherTokens);
  expect(tokens.map(({ createdBy, revokedAt }) => [createdBy, revokedAt])).toEqual(tokens.map(() => [MARA, null]));
  const keys = await store.db.select().from(publisherKeys);
  expect(keys.map(({ createdBy }) => createdBy)).toEqual([MARA, MARA, MARA]);
  const sent = await store.db.select().from(versions);
  const ids = tokens.map(({ id }) => id);
  expect(sent.map(({ tokenId }) => ids.includes(tokenId ?? ""))).toEqual([true, true, true, true]);
  expect(await store.db.select().from(auditEntries)).toHaveLength(before.length);
  await store.close();
});
