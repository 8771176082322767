import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntries, changeSets, people } from "@/db/schema";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { approveChangeSet } from "./approve-change-set";
import { editDraft } from "./edit-draft";
import { discardChangeSet, refuseChangeSet, withdrawChangeSet } from "./end-change-set";
import { getChangeSet } from "./get-change-set";
import { getDraft } from "./get-draft";
import { narrowAtOnce, narrowDraft } from "./narrow";
import { previewChanges } from "./preview-changes";
import { proposeChangeSet } from "./propose-change-set";
import { publishChangeSet } from "./publish-change-set";
import { splitDraft } from "./split-draft";

const REASON = { reason: "The kitchen needs it." };
const host = (name: string, more: object = {}) => ({ host: name, ports: [443], purposes: ["request"], ...more });

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

/** A program with one published host rule. */
async function programWithHost() {
  const { appId, publisher } = await held.program();
  const proposer = await held.person("operator");
  const approver = await held.person("security");
  const draft = await held.draft(proposer, { [`program:${appId}/host:new`]: host("api.example.com") });
  await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
  await approveChangeSet(held.ctx, approver, draft.id, REASON);
  const published = await publishChangeSet(held.ctx, proposer, draft.id);
  return { appId, publisher, proposer, approver, rule: published.changes[0]?.member ?? "", published };
}

describe("from draft to published", () => {
  test("a widening is published after another approved it, and reaches the signed documents", async () => {
    const { appId, published } = await programWithHost();
    expect(published.state).toBe("published");
    expect(published.isNarrowing).toBe(false);
    const claims = await held.programClaims(appId);
    expect(claims.hosts).toEqual([host("api.example.com")]);
    expect(claims.decision).toBe(published.id);
    const platform = await held.platformClaims();
    expect(platform.revision).toBe(published.platformPosition?.revision);
    // A pure widening leaves devices on the older document in peace.
    expect(platform.minRevisions[appId]).toBeUndefined();
    expect(await held.audited({ changeSetId: published.id })).toEqual([
      "changeSet.edit",
      "changeSet.propose",
      "changeSet.approve",
      "changeSet.publish",
    ]);
  });

  test("is told with every step to whoever looks", async () => {
    const heard: string[] = [];
    const stop = held.ctx.store.subscribe(({ topic }) => {
      if (topic === "change-sets") heard.push(topic);
    });
    const { appId } = await held.program();
    const proposer = await held.person("operator");
    const hears = async <T>(step: () => Promise<T>): Promise<T> => {
      const before = heard.length;
      const done = await step();
      await expect.poll(() => heard.length).toBeGreaterThan(before);
      return done;
    };
    const draft = await hears(() => held.draft(proposer, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } }));
    await hears(() => proposeChangeSet(held.ctx, proposer, draft.id, REASON));
    await hears(() => withdrawChangeSet(held.ctx, proposer, draft.id));
    stop();
  });

  test("says by their names who decided, and who is concerned", async () => {
    const { proposer, approver, published } = await programWithHost();
    const named = ({ personId: id, name }: typeof proposer) => ({ id, name });
    expect(published).toMatchObject({
      owner: named(proposer),
      decidedBy: named(approver),
      publishedBy: named(proposer),
    });

    const admin = await held.person("admin");
    const { email, name, personId } = await held.person("auditor");
    const member = `person:${personId}`;
    const after = { email, name, role: "developer", publisherId: (await held.publisher()).id, state: "active" };
    const draft = await held.draft(admin, { [member]: after });
    expect(draft.owner).toEqual(named(admin));
    expect(draft.changes[0]?.title).toContain(name);
    expect(draft.changes[0]?.title).not.toContain(personId);
    expect(JSON.stringify(draft.changes)).toContain("Publisher");
  });

  test("the audit head that devices are given includes the decision itself", async () => {
    const { published } = await programWithHost();
    const { auditHead } = await held.platformClaims();
    const entries = await held.audited({ changeSetId: published.id });
    expect(entries.at(-1)).toBe("changeSet.publish");
    expect(auditHead.sequence).toBeGreaterThan(0);
  });

  test("whoever proposed it does not approve it, and an admin never does", async () => {
    const { appId } = await held.program();
    const proposer = await held.person("operator");
    const draft = await held.draft(proposer, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
    expect(await refusalOf(approveChangeSet(held.ctx, proposer, draft.id, REASON))).toEqual({
      code: "forbidden",
      details: ["OWN_PROPOSAL"],
    });
    const admin = await held.person("admin");
    expect((await refusalOf(approveChangeSet(held.ctx, admin, draft.id, REASON))).code).toBe("forbidden");
  });

  test("nobody who belongs to the program's publisher approves", async () => {
    const { appId, publisher } = await held.program();
    const proposer = await held.person("operator");
    const draft = await held.draft(proposer, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
    const insider = await held.person("operator", { publisherId: publisher.id });
    expect((await refusalOf(approveChangeSet(held.ctx, insider, draft.id, REASON))).details).toEqual(["OWN_PUBLISHER"]);
  });

  test("nobody approves that their publisher's program may call another's", async () => {
    const { appId } = await held.program();
    const caller = await held.program();
    const proposer = await held.person("operator");
    const member = `program:${appId}/receiver:${caller.appId}`;
    const draft = await held.draft(proposer, { [member]: { actions: ["pay"] } });
    await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
    const insider = await held.person("operator", { publisherId: caller.publisher.id });
    expect((await refusalOf(approveChangeSet(held.ctx, insider, draft.id, REASON))).details).toEqual(["OWN_PUBLISHER"]);
  });

  test("nothing widens without an approval: a draft and a proposal are not published", async () => {
    const { appId } = await held.program();
    const operator = await held.person("operator");
    const draft = await held.draft(operator, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    const another = await held.person("operator");
    expect((await refusalOf(publishChangeSet(held.ctx, another, draft.id))).code).toBe("conflict");
    expect((await refusalOf(narrowDraft(held.ctx, operator, draft.id, REASON))).details).toEqual(["NOT_NARROWING"]);
    await proposeChangeSet(held.ctx, operator, draft.id, REASON);
    expect((await refusalOf(publishChangeSet(held.ctx, another, draft.id))).code).toBe("conflict");
    expect((await held.programClaims(appId)).grants).toEqual({});
  });

  test("an approval lapses with its approver's right to give it", async () => {
    const { appId } = await held.program();
    const [proposer, approver] = [await held.person("operator"), await held.person("security")];
    const draft = await held.draft(proposer, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, proposer, draft.id, REASON);
    await approveChangeSet(held.ctx, approver, draft.id, REASON);
    await held.ctx.store.transaction(async ({ db }) => {
      await db.update(people).set({ state: "disabled" }).where(eq(people.id, approver.personId));
    });
    expect((await refusalOf(publishChangeSet(held.ctx, proposer, draft.id))).details).toEqual(["APPROVAL_LAPSED"]);
  });

  test("a member published in between voids the proposal, an unrelated one does not", async () => {
    const { appId, rule } = await programWithHost();
    const [first, second] = [await held.person("operator"), await held.person("operator")];
    const security = await held.person("security");
    const wider = await held.draft(first, { [rule]: host("api.example.com", { ports: [443, 8443] }) });
    await proposeChangeSet(held.ctx, first, wider.id, REASON);
    const grant = await held.draft(second, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, second, grant.id, REASON);
    await approveChangeSet(held.ctx, security, wider.id, REASON);
    const ctx = { ...held.ctx, requestId: "req_narrow" };
    await narrowAtOnce(ctx, security, { changes: [{ member: rule, after: null }], ...REASON });
    const touched = await getChangeSet(held.ctx, first, wider.id);
    expect(touched.state).toBe("void");
    expect((await getChangeSet(held.ctx, second, grant.id)).state).toBe("proposed");
    expect((await refusalOf(publishChangeSet(held.ctx, first, wider.id))).details).toEqual(["STATE"]);
    expect(await held.audited({ changeSetId: wider.id })).toContain("changeSet.void");
    const entries = await held.ctx.store.db.select().from(auditEntries).where(eq(auditEntries.changeSetId, wider.id));
    expect(entries.find(({ action }) => action === "changeSet.void")).toMatchObject({ requestId: "req_narrow" });
  });

  /** An approved wildcard beside an exact rule with pins, and the exact rule then taken away by one person. */
  async function approvedBesideExactRule() {
    const { appId } = await held.program();
    const [proposer, approver] = [await held.person("operator"), await held.person("security")];
    const pins = { sha256: ["a".repeat(64)], until: 4_000_000_000, mode: "enforce" };
    const exact = await held.draft(proposer, { [`program:${appId}/host:new`]: host("a.corp.example", { pins }) });
    await proposeChangeSet(held.ctx, proposer, exact.id, REASON);
    await approveChangeSet(held.ctx, approver, exact.id, REASON);
    const published = await publishChangeSet(held.ctx, proposer, exact.id);
    const wildcard = await held.draft(proposer, { [`program:${appId}/host:new`]: host("*.corp.example") });
    await proposeChangeSet(held.ctx, proposer, wildcard.id, REASON);
    await approveChangeSet(held.ctx, approver, wildcard.id, REASON);
    return { appId, proposer, approver, wildcard, exact: published.changes[0]?.member ?? "" };
  }

  test("an approval binds what would be in force: once more would be, it is void, and whoever publishes hears why", async () => {
    const { appId, proposer, approver, wildcard, exact } = await approvedBesideExactRule();
    await narrowAtOnce(held.ctx, approver, { changes: [{ member: exact, after: null }], ...REASON });
    const refused = await refusalOf(publishChangeSet(held.ctx, proposer, wildcard.id));
    expect(refused).toEqual({ code: "conflict", details: ["BEYOND_APPROVAL"] });
    expect((await held.programClaims(appId)).hosts).toEqual([]);
    const ended = await getChangeSet(held.ctx, proposer, wildcard.id);
    expect(ended).toMatchObject({ state: "void", decisionReason: expect.stringContaining("HOST_WIDER") });
    expect(await held.audited({ changeSetId: wildcard.id })).toContain("changeSet.void");
  });

  test("whoever looks at such an approval finds it void; one that is still what was approved is published", async () => {
    const { approver, wildcard, exact } = await approvedBesideExactRule();
    await narrowAtOnce(held.ctx, approver, { changes: [{ member: exact, after: null }], ...REASON });
    expect((await getChangeSet(held.ctx, await held.person("auditor"), wildcard.id)).state).toBe("void");
    const other = await approvedBesideExactRule();
    expect((await publishChangeSet(held.ctx, other.proposer, other.wildcard.id)).state).toBe("published");
  });

  test("what was approved before approvals kept their effect is void, and says so", async () => {
    const { proposer, wildcard } = await approvedBesideExactRule();
    await held.ctx.store.transaction(async ({ db }) => {
      await db.update(changeSets).set({ effect: null }).where(eq(changeSets.id, wildcard.id));
    });
    const refused = await refusalOf(publishChangeSet(held.ctx, proposer, wildcard.id));
    expect(refused.details).toEqual(["BEYOND_APPROVAL"]);
    const ended = await getChangeSet(held.ctx, proposer, wildcard.id);
    expect(ended).toMatchObject({ state: "void", decisionReason: expect.stringContaining("Propose it again") });
  });

  test("a draft made from a value that was published over is looked at again before it is proposed", async () => {
    const { rule } = await programWithHost();
    const [slow, quick] = [await held.person("operator"), await held.person("security")];
    const wished = host("api.example.com", { ports: [443, 8443] });
    const draft = await held.draft(slow, { [rule]: wished });
    const narrower = host("api.example.com", { until: 2_000_000_000 });
    await narrowAtOnce(held.ctx, quick, { changes: [{ member: rule, after: narrower }], ...REASON });
    expect((await refusalOf(proposeChangeSet(held.ctx, slow, draft.id, REASON))).details).toEqual(["CHANGED_SINCE"]);
    const again = await held.draft(slow, { [rule]: wished });
    expect(again.changes[0]?.before).toEqual(narrower);
    expect((await proposeChangeSet(held.ctx, slow, draft.id, REASON)).state).toBe("proposed");
  });
});

describe("other ends", () => {
  test("a proposal is withdrawn by its proposer alone, and refused by another with a reason", async () => {
    const { appId } = await held.program();
    const [proposer, other] = [await held.person("operator"), await held.person("security")];
    const member = `program:${appId}/grant:nfc.read`;
    const first = await held.draft(proposer, { [member]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, proposer, first.id, REASON);
    expect((await refusalOf(withdrawChangeSet(held.ctx, other, first.id))).details).toEqual(["NOT_OWNER"]);
    expect((await withdrawChangeSet(held.ctx, proposer, first.id)).state).toBe("withdrawn");
    const second = await held.draft(proposer, { [member]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, proposer, second.id, REASON);
    const refused = await refuseChangeSet(held.ctx, other, second.id, { reason: "No reader on these phones." });
    expect(refused).toMatchObject({ state: "refused", decisionReason: "No reader on these phones." });
    expect(await held.audited({ changeSetId: second.id })).toContain("changeSet.refuse");
  });

  test("a discarded draft is gone, and the next edit begins another", async () => {
    const { appId } = await held.program();
    const operator = await held.person("operator");
    const draft = await held.draft(operator, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    expect((await discardChangeSet(held.ctx, operator, draft.id)).state).toBe("discarded");
    expect(await getDraft(held.ctx, operator)).toEqual({ draft: null });
    const next = await held.draft(operator, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    expect(next.id).not.toBe(draft.id);
  });
});

describe("the draft", () => {
  test("holds one change a member, and drops one that goes back to what is published", async () => {
    const { rule } = await programWithHost();
    const operator = await held.person("operator");
    await held.draft(operator, { [rule]: host("api.example.com", { ports: [8443] }) });
    const once = await held.draft(operator, { [rule]: host("api.example.com", { ports: [8443, 9443] }) });
    expect(once.changes).toHaveLength(1);
    const back = await editDraft(held.ctx, operator, { changes: [{ member: rule, after: host("api.example.com") }] });
    expect(back.draft).toBeNull();
  });

  test("loses what another published alike, and keeps the rest", async () => {
    const { appId, proposer, approver } = await programWithHost();
    const [shared, own] = ["nfc.read", "camera.capture"].map((capability) => `program:${appId}/grant:${capability}`);
    const ask = { consent: "ask" };
    const slow = await held.person("operator");
    await held.draft(slow, { [shared ?? ""]: ask, [own ?? ""]: ask });
    const { id } = await held.draft(proposer, { [shared ?? ""]: ask });
    await proposeChangeSet(held.ctx, proposer, id, REASON);
    await approveChangeSet(held.ctx, approver, id, REASON);
    await publishChangeSet(held.ctx, proposer, id);
    expect((await getDraft(held.ctx, slow)).draft?.changes.map(({ member }) => member)).toEqual([own]);
  });

  test("is refused where one member is changed twice, with the place of the second", async () => {
    const { appId } = await held.program();
    const change = { member: `program:${appId}/grant:nfc.read`, after: { consent: "ask" } };
    const twice = editDraft(held.ctx, await held.person("operator"), { changes: [change, change] });
    await expect(twice).rejects.toMatchObject({
      code: "invalid_input",
      details: [{ path: "/changes/1/member", code: "DUPLICATE" }],
    });
  });

  test.each([
    ["a member that is none", "program:x/grant:y", { consent: "ask" }, "FORMAT"],
    ["a value of another shape", "program:APP/grant:nfc.read", { consent: "maybe" }, "FORMAT"],
    ["a capability that does not exist", "program:APP/grant:mind.read", { consent: "ask" }, "UNKNOWN_CAPABILITY"],
    [
      "a constraint that the capability does not take",
      "program:APP/grant:nfc.read",
      { consent: "ask", constraints: { precisionMetres: 5 } },
      "UNKNOWN_CONSTRAINT",
    ],
    ["a wildcard over strangers", "program:APP/host:new", host("*.co.uk"), "WILDCARD_TOO_WIDE"],
    ["a wildcard over a private suffix", "program:APP/host:new", host("*.github.io"), "WILDCARD_TOO_WIDE"],
    ["a rule that shares a port and a purpose", "program:APP/host:new", host("api.example.com"), "OVERLAP"],
    ["a rule under an id of the caller's choice", "program:APP/host:hr_mine", host("b.example.com"), "UNKNOWN_RULE"],
    ["a program nobody registered", "program:com.example.nobody/status", "suspended", "NOT_REGISTERED"],
    [
      "a listing",
      "program:APP/version:1",
      { code: 1, name: "1", sha256: "a".repeat(64), size: 1, kid: "k", declares: [] },
      "NOT_EDITABLE",
    ],
    ["the end of a status", "program:APP/status", null, "NOT_REMOVABLE"],
    ["a key without its verb", "publisher:PUB/key:k1", { jwk: KEY_ONE, status: "active" }, "NOT_EDITABLE"],
  ])("refuses %s", async (_title, key, after, code) => {
    const { appId, publisher, proposer } = await programWithHost();
    const member = key.replace("APP", appId).replace("PUB", publisher.id);
    const refusal = await refusalOf(editDraft(held.ctx, proposer, { changes: [{ member, after }] }));
    expect(refusal).toMatchObject({ code: "invalid_input" });
    expect(refusal.details).toContain(code);
    expect(await refusalOf(previewChanges(held.ctx, proposer, { changes: [{ member, after }] }))).toEqual(refusal);
    expect(await getDraft(held.ctx, proposer)).toEqual({ draft: null });
  });

  test("of one program never writes another program's rule", async () => {
    const { rule } = await programWithHost();
    const { appId, proposer } = await programWithHost();
    const stolen = rule.replace(/^program:[^/]+/, `program:${appId}`);
    const refusal = await refusalOf(
      editDraft(held.ctx, proposer, { changes: [{ member: stolen, after: host("evil.example.com") }] }),
    );
    expect(refusal.details).toEqual(["UNKNOWN_RULE"]);
  });

  test("is refused to those who propose nothing", async () => {
    const { appId } = await held.program();
    const change = { member: `program:${appId}/status`, after: "suspended" };
    for (const role of ["auditor", "developer"] as const) {
      const actor = await held.person(role);
      expect((await refusalOf(editDraft(held.ctx, actor, { changes: [change] }))).code).toBe("forbidden");
      expect((await refusalOf(narrowAtOnce(held.ctx, actor, { changes: [change], ...REASON }))).code).toBe("forbidden");
    }
  });
});

describe("narrowing at once", () => {
  test("suspends a program by one person, and the platform document says so", async () => {
    const { appId } = await held.program();
    const security = await held.person("security");
    const set = await narrowAtOnce(held.ctx, security, {
      changes: [{ member: `program:${appId}/status`, after: "suspended" }],
      ...REASON,
    });
    expect(set).toMatchObject({ state: "published", isNarrowing: true });
    const platform = await held.platformClaims();
    expect(platform.suspended).toContain(appId);
    expect(platform.minRevisions[appId]).toBe((await held.programClaims(appId)).revision);
    expect(await held.audited({ changeSetId: set.id })).toEqual(["changeSet.narrow"]);
  });

  test("is refused for what is not proven to narrow, with why", async () => {
    const { appId } = await held.program();
    const security = await held.person("security");
    const refusal = await refusalOf(
      narrowAtOnce(held.ctx, security, {
        changes: [{ member: `program:${appId}/host:new`, after: host("b.example.com") }],
        ...REASON,
      }),
    );
    expect(refusal).toEqual({ code: "conflict", details: ["HOST_WIDER"] });
    expect((await held.programClaims(appId)).hosts).toEqual([]);
  });

  test("is an admin's only for what admins keep", async () => {
    const { appId } = await held.program();
    const admin = await held.person("admin");
    const suspend = { member: `program:${appId}/status`, after: "suspended" };
    expect((await refusalOf(narrowAtOnce(held.ctx, admin, { changes: [suspend], ...REASON }))).details).toEqual([
      "ROLE",
    ]);
    const block = { member: "platform/blocked-host:evil.example.com", after: true };
    expect((await narrowAtOnce(held.ctx, admin, { changes: [block], ...REASON })).state).toBe("published");
  });

  test("is refused with the program, or the platform, whose part is not proven", async () => {
    const { appId } = await held.program();
    const operator = await held.person("operator");
    await narrowAtOnce(held.ctx, await held.person("admin"), {
      changes: [{ member: "platform/blocked-host:later.example.com", after: true }],
      ...REASON,
    });
    for (const [member, after, path] of [
      [`program:${appId}/grant:nfc.read`, { consent: "ask" }, appId],
      ["platform/blocked-host:later.example.com", null, "platform"],
    ] as const) {
      await expect(narrowAtOnce(held.ctx, operator, { changes: [{ member, after }], ...REASON })).rejects.toMatchObject(
        {
          code: "conflict",
          details: [expect.objectContaining({ path })],
        },
      );
    }
  });

  test("is refused for what is no value, though it allows no more", async () => {
    const admin = await held.person("admin");
    const block = { member: "platform/blocked-host:evil..example.com", after: true };
    expect(await refusalOf(narrowAtOnce(held.ctx, admin, { changes: [block], ...REASON }))).toEqual({
      code: "invalid_input",
      details: ["HOST_MALFORMED"],
    });
    expect((await held.platformClaims()).blockedHosts).not.toContain("evil..example.com");
  });

  test("of a revoked key reaches the document of each program of its publisher", async () => {
    const publisher = await held.publisher();
    const apps = [(await held.program(publisher)).appId, (await held.program(publisher)).appId];
    const operator = await held.person("operator");
    const [key] = (await held.programClaims(apps[0] ?? "")).publisherKeys;
    const member = `publisher:${publisher.id}/key:${publisher.kid}`;
    await narrowAtOnce(held.ctx, operator, {
      changes: [{ member, after: { jwk: key?.jwk, status: "revoked" } }],
      ...REASON,
    });
    for (const appId of apps) expect((await held.programClaims(appId)).publisherKeys[0]?.status).toBe("revoked");
  });

  test("divides a mixed draft: what narrows goes now, what widens stays and asks", async () => {
    const { appId, rule, proposer } = await programWithHost();
    const draft = await held.draft(proposer, {
      [rule]: null,
      [`program:${appId}/grant:nfc.read`]: { consent: "ask" },
    });
    expect(draft.allowedVerbs).toContain("split");
    const parts = await splitDraft(held.ctx, proposer, draft.id, REASON);
    expect(parts.narrowing).toMatchObject({ state: "published", isNarrowing: true });
    expect(parts.draft.changes.map((change) => change.direction)).toEqual(["widens"]);
    const claims = await held.programClaims(appId);
    expect(claims.hosts).toEqual([]);
    expect(claims.grants).toEqual({});
    expect((await refusalOf(splitDraft(held.ctx, proposer, draft.id, REASON))).details).toEqual(["NOT_MIXED"]);
  });

  test("divides nothing where all of it narrows together, though not each part by itself", async () => {
    const { appId, proposer } = await programWithHost();
    const publish = async (name: string, ports: number[]) => {
      const { id } = await held.draft(proposer, { [`program:${appId}/host:new`]: host(name, { ports }) });
      await proposeChangeSet(held.ctx, proposer, id, REASON);
      await approveChangeSet(held.ctx, await held.person("security"), id, REASON);
      return (await publishChangeSet(held.ctx, proposer, id)).changes[0]?.member ?? "";
    };
    const wildcard = await publish("*.example.net", [443, 8443]);
    const exact = await publish("a.example.net", [443]);
    const draft = await held.draft(proposer, { [wildcard]: null, [exact]: null });
    expect(draft.changes.map((change) => change.direction)).toEqual(["narrows", "widens"]);
    expect((await refusalOf(splitDraft(held.ctx, proposer, draft.id, REASON))).details).toEqual(["NOT_MIXED"]);
    expect((await narrowDraft(held.ctx, proposer, draft.id, REASON)).state).toBe("published");
  });

  test("divides no draft whose values were published over since", async () => {
    const { appId, rule, proposer } = await programWithHost();
    const draft = await held.draft(proposer, { [rule]: null, [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    const narrower = { member: rule, after: host("api.example.com", { until: 2_000_000_000 }) };
    await narrowAtOnce(held.ctx, await held.person("security"), { changes: [narrower], ...REASON });
    expect((await refusalOf(splitDraft(held.ctx, proposer, draft.id, REASON))).details).toEqual(["CHANGED_SINCE"]);
    expect((await getChangeSet(held.ctx, proposer, draft.id)).changes).toHaveLength(2);
  });

  test("is shown before anything is written", async () => {
    const { rule, proposer, appId } = await programWithHost();
    const revision = (await held.programClaims(appId)).revision;
    const preview = await previewChanges(held.ctx, proposer, {
      changes: [{ member: rule, after: null }],
    });
    expect(preview).toMatchObject({ isNarrowing: true, changes: [{ direction: "narrows", programName: appId }] });
    expect((await held.programClaims(appId)).revision).toBe(revision);
    expect(await getDraft(held.ctx, proposer)).toEqual({ draft: null });
  });
});
