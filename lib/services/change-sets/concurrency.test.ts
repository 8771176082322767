import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOf } from "@/db/rows";
import type { Database } from "@/db/store";
import { verifyEntries } from "@/lib/audit/testing/verify-entries";
import { submitBundle } from "../submissions/submit-bundle";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { approveChangeSet } from "./approve-change-set";
import { beginDecision } from "./begin-decision";
import { editDraft } from "./edit-draft";
import { getChangeSet } from "./get-change-set";
import { narrowAtOnce } from "./narrow";
import { proposeChangeSet } from "./propose-change-set";
import { publishChangeSet } from "./publish-change-set";

const REASON = { reason: "Two at once." };

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

async function proposal() {
  const { appId } = await held.program();
  const proposer = await held.person("operator");
  const member = `program:${appId}/grant:nfc.read`;
  const draft = await held.draft(proposer, { [member]: { consent: "ask" } });
  await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
  return { appId, proposer, member, id: draft.id };
}

const won = (results: PromiseSettledResult<unknown>[]) => results.filter((result) => result.status === "fulfilled");

test("decisions and submissions hold the platform's row, by which they come one after the other", async () => {
  const { store } = held.ctx;
  const heldBy = async (db: Database) =>
    (await rowsOf<{ by: string }>(db, sql`select xmax::text as by from platform`))[0];
  await store.transaction(async (tx) => {
    const before = await heldBy(tx.db);
    await beginDecision(tx, held.ctx);
    expect(await heldBy(tx.db)).not.toEqual(before);
  });
  const { appId, publisher } = await held.program();
  const sent = held.bundle(publisher, { appId, code: 1 });
  const before = await heldBy(store.db);
  await submitBundle(held.ctx, publisher.actor, sent);
  const taken = await heldBy(store.db);
  expect(taken).not.toEqual(before);
  // What was handed in before is answered without it: nobody who suspends waits for what is sent again.
  await submitBundle(held.ctx, publisher.actor, sent);
  expect(await heldBy(store.db)).toEqual(taken);
});

describe("two at once", () => {
  test("approve: one approval is recorded", async () => {
    const { id } = await proposal();
    const [first, second] = [await held.person("security"), await held.person("operator")];
    const results = await Promise.allSettled([
      approveChangeSet(held.ctx, first, id, REASON),
      approveChangeSet(held.ctx, second, id, REASON),
    ]);
    expect(won(results)).toHaveLength(1);
    const approvals = (await held.audited({ changeSetId: id })).filter((action) => action === "changeSet.approve");
    expect(approvals).toHaveLength(1);
  });

  test("publish: one revision carries it", async () => {
    const { id, appId, proposer } = await proposal();
    await approveChangeSet(held.ctx, await held.person("security"), id, REASON);
    const revision = (await held.programClaims(appId)).revision;
    const other = await held.person("operator");
    const results = await Promise.allSettled([
      publishChangeSet(held.ctx, proposer, id),
      publishChangeSet(held.ctx, other, id),
    ]);
    expect(won(results)).toHaveLength(1);
    expect((await held.programClaims(appId)).revision).toBe(revision + 1);
  });

  test("a narrowing and a publish of the same member: whichever is second sees the first, never both blindly", async () => {
    const { id, appId, proposer, member } = await proposal();
    const security = await held.person("security");
    await approveChangeSet(held.ctx, security, id, REASON);
    await publishChangeSet(held.ctx, proposer, id);
    const wider = await held.draft(proposer, { [member]: { consent: "none" } });
    await proposeChangeSet(held.ctx, proposer, wider.id, REASON);
    await approveChangeSet(held.ctx, security, wider.id, REASON);
    const [published, narrowed] = await Promise.allSettled([
      publishChangeSet(held.ctx, proposer, wider.id),
      narrowAtOnce(held.ctx, security, { changes: [{ member, after: null }], ...REASON }),
    ]);
    expect(narrowed.status).toBe("fulfilled");
    expect((await held.programClaims(appId)).grants).toEqual({});
    const state = (await getChangeSet(held.ctx, proposer, wider.id)).state;
    expect(state).toBe(published.status === "fulfilled" ? "published" : "void");
  });

  test("edits of one person end in one draft with both changes", async () => {
    const { appId } = await held.program();
    const operator = await held.person("operator");
    const changes = ["nfc.read", "camera.capture", "share.send"].map((capability) => ({
      member: `program:${appId}/grant:${capability}`,
      after: { consent: "ask" },
    }));
    const drafts = await Promise.all(changes.map((change) => editDraft(held.ctx, operator, { changes: [change] })));
    expect(new Set(drafts.map(({ draft }) => draft?.id)).size).toBe(1);
    const id = drafts[0]?.draft?.id ?? "";
    expect((await getChangeSet(held.ctx, operator, id)).changes).toHaveLength(3);
  });

  test("the audit chain stays whole through all of it", async () => {
    await Promise.allSettled(
      Array.from({ length: 5 }, async () => {
        const { id } = await proposal();
        await approveChangeSet(held.ctx, await held.person("security"), id, REASON);
      }),
    );
    const verification = await verifyEntries(held.ctx.store.db);
    expect(verification.isWhole).toBe(true);
  });
});
