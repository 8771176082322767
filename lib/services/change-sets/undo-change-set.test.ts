import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { approveChangeSet } from "./approve-change-set";
import { getChangeSet } from "./get-change-set";
import { narrowAtOnce } from "./narrow";
import { proposeChangeSet } from "./propose-change-set";
import { publishChangeSet } from "./publish-change-set";
import { undoChangeSet } from "./undo-change-set";

const REASON = { reason: "On an alert." };
const RULE = {
  host: "api.example.com",
  ports: [443, 8443],
  purposes: ["request", "upload"],
  until: 2_000_000_000,
  pins: { sha256: ["a".repeat(64)], until: 1_900_000_000, mode: "enforce" },
};

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

async function publish(proposer: PersonActor, changes: Record<string, unknown>) {
  const draft = await held.draft(proposer, changes);
  await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
  await approveChangeSet(held.ctx, await held.person("security"), draft.id, REASON);
  const published = await publishChangeSet(held.ctx, proposer, draft.id);
  held.clock.advance(1);
  return published;
}

/** A program with two host rules, and its newest document's content. */
async function program() {
  const { appId } = await held.program();
  const operator = await held.person("operator");
  const published = await publish(operator, { [`program:${appId}/host:new`]: RULE });
  await publish(operator, { [`program:${appId}/host:new`]: { ...RULE, host: "b.example.com" } });
  const before = (await held.programClaims(appId)).hosts;
  return { appId, operator, rule: published.changes[0]?.member ?? "", before };
}

async function remove(actor: PersonActor, member: string) {
  const set = await narrowAtOnce(held.ctx, actor, { changes: [{ member, after: null }], ...REASON });
  held.clock.advance(1);
  return set;
}

describe("undo", () => {
  test("returns exactly what was published before, as a new revision with a decision of its own", async () => {
    const { appId, rule, before } = await program();
    const security = await held.person("security");
    const narrowed = await remove(security, rule);
    const revision = (await held.programClaims(appId)).revision;
    expect(narrowed.undoUntil).toBe(new Date(Date.parse(narrowed.publishedAt ?? "") + 15 * 60_000).toISOString());
    const undone = await undoChangeSet(held.ctx, security, narrowed.id);
    expect(undone.undoUntil).toBeNull();
    const claims = await held.programClaims(appId);
    expect(claims.hosts).toEqual(before);
    expect(claims.revision).toBeGreaterThan(revision);
    expect(undone.undoneBy).not.toBeNull();
    const undo = await getChangeSet(held.ctx, security, undone.undoneBy ?? "");
    expect(undo).toMatchObject({ state: "published", undoOf: narrowed.id, isNarrowing: false });
    expect(claims.decision).toBe(undo.id);
    expect(await held.audited({ changeSetId: undo.id })).toEqual(["changeSet.undo"]);
  });

  test("is theirs alone who narrowed", async () => {
    const { rule } = await program();
    const narrowed = await remove(await held.person("security"), rule);
    expect((await refusalOf(undoChangeSet(held.ctx, await held.person("operator"), narrowed.id))).details).toEqual([
      "NOT_OWNER",
    ]);
  });

  test("is over after 15 minutes", async () => {
    const { rule } = await program();
    const security = await held.person("security");
    const narrowed = await remove(security, rule);
    held.clock.advance(15 * 60);
    expect((await refusalOf(undoChangeSet(held.ctx, security, narrowed.id))).details).toEqual(["UNDO_OVER"]);
  });

  test("happens once, and an undo is not undone", async () => {
    const { rule } = await program();
    const security = await held.person("security");
    const narrowed = await remove(security, rule);
    const { undoneBy } = await undoChangeSet(held.ctx, security, narrowed.id);
    expect((await refusalOf(undoChangeSet(held.ctx, security, narrowed.id))).details).toEqual(["UNDONE"]);
    expect((await refusalOf(undoChangeSet(held.ctx, security, undoneBy ?? ""))).code).toBe("conflict");
  });

  test("is refused once anything else of that program was published", async () => {
    const { appId, rule, operator } = await program();
    const security = await held.person("security");
    const narrowed = await remove(security, rule);
    await publish(operator, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    expect((await refusalOf(undoChangeSet(held.ctx, security, narrowed.id))).details).toEqual(["CHANGED_SINCE"]);
  });

  test("is not hindered by another program's publish", async () => {
    const { appId, rule, before } = await program();
    const security = await held.person("security");
    const narrowed = await remove(security, rule);
    await program();
    await undoChangeSet(held.ctx, security, narrowed.id);
    expect((await held.programClaims(appId)).hosts).toEqual(before);
  });

  test("is refused where it would give back more than it took, because the platform's part was published since", async () => {
    const { appId, operator } = await program();
    const security = await held.person("security");
    const changes = [{ member: `program:${appId}/limit:requestsPerMinute`, after: { max: 10, action: "kill" } }];
    const narrowed = await narrowAtOnce(held.ctx, security, { changes, ...REASON });
    held.clock.advance(1);
    const raised = { "platform/limit:requestsPerMinute": { max: 6000, action: "throttle" } };
    await publish(operator, raised);
    expect((await refusalOf(undoChangeSet(held.ctx, security, narrowed.id))).details).toEqual(["CHANGED_SINCE"]);
    expect((await held.programClaims(appId)).limits).toMatchObject({ requestsPerMinute: { max: 10 } });
  });

  test("of a block is refused once any program's rules were published behind it", async () => {
    const security = await held.person("security");
    const narrowed = await narrowAtOnce(held.ctx, security, {
      changes: [{ member: "platform/blocked-host:blocked.example.net", after: true }],
      ...REASON,
    });
    held.clock.advance(1);
    await program();
    expect((await refusalOf(undoChangeSet(held.ctx, security, narrowed.id))).details).toEqual(["CHANGED_SINCE"]);
  });
});
