import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withDataFolder } from "@/db/testing/data-folder";
import { unpackReleased } from "@/db/testing/released-folder";
import { verifyAudit } from "@/lib/audit/verify-audit";
import { createKeysetChain } from "../trust/keyset-chain";
import { rootsOf } from "../trust/root-thumbprints";

const folder = withDataFolder();

it("the released version's log is whole after its upgrade, vouched for by its documents, and says that no head is signed yet", {
  timeout: 180_000,
}, async () => {
  rmSync(join(folder.path, "store"), { recursive: true });
  unpackReleased(folder.path);
  const { store } = await folder.open();
  const { keysets, fault } = await createKeysetChain({ roots: null }).walk(store.db);
  expect(fault).toBeNull();
  const [first] = keysets;
  if (first === undefined) throw new Error("the released folder has a keyset");
  const found = await verifyAudit(store.db, { roots: await rootsOf(first.claims), outside: null });
  expect(found.findings).toEqual([]);
  expect(found).toMatchObject({ isWhole: true, signedFrom: null, heads: 0 });
  expect(found.vouchedSequence).toBeGreaterThan(0);
  await store.close();
});
