import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntries, changeSets, publisherKeys, publisherTokens, versions } from "@/db/schema";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { editDraft } from "../change-sets/edit-draft";
import { getChangeSet } from "../change-sets/get-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { undoChangeSet } from "../change-sets/undo-change-set";
import { getOverview } from "../overview/get-overview";
import { getSession } from "../people/get-session";
import { listVersions } from "../programs/list-versions";
import { approveSubmission } from "../submissions/approve-submission";
import { approveProposal, refuseProposal } from "../submissions/decide-proposal";
import { refuseSubmission } from "../submissions/end-submission";
import { submitBundle } from "../submissions/submit-bundle";
import { refusalOf } from "../testing/refusal-of";
import {
  openServiceFixture,
  type PersonActor,
  type ServiceFixture,
  type TestPublisher,
} from "../testing/service-fixture";
import { listPublishers } from "./list-publishers";
import { proposeKey } from "./propose-key";
import { createPublisherToken, readPublisherToken, revokePublisherToken } from "./publisher-tokens";
import { settleMakers } from "./settle-makers";

const REASON = { reason: "Looked at." };

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

/** The publisher, speaking by a new token of this person. */
async function byTokenOf(maker: PersonActor, publisher: TestPublisher): Promise<TestPublisher> {
  const { token } = await createPublisherToken(held.ctx, maker, { publisherId: publisher.id });
  const actor = await readPublisherToken(held.ctx, token);
  if (actor === null) throw new Error("the token that was just made speaks for nobody");
  return { ...publisher, actor };
}

/** The publisher, signing by a new key that `proposer` proposed and security approved. */
async function byKeyOf(proposer: PersonActor, publisher: TestPublisher): Promise<TestPublisher> {
  const { privateKey, publicKey } = makeKeyPair();
  const publicKeyPem = String(publicKey.export({ type: "spki", format: "pem" }));
  const { draft } = await proposeKey(held.ctx, proposer, { publisherId: publisher.id, publicKeyPem });
  await decideTogether(proposer, await held.person("security"), draft?.id ?? "");
  return { ...publisher, privateKey, kid: draft?.changes[0]?.member.split("/key:")[1] ?? "" };
}

async function decideTogether(proposer: PersonActor, approver: PersonActor, id: string): Promise<void> {
  await proposeChangeSet(held.ctx, proposer, id, REASON);
  await approveChangeSet(held.ctx, approver, id, REASON);
  await publishChangeSet(held.ctx, proposer, id);
}

async function submit(publisher: TestPublisher, appId: string, code = 1) {
  const { submissionId } = await submitBundle(held.ctx, publisher.actor, held.bundle(publisher, { appId, code }));
  const rows = await held.ctx.store.db.select().from(changeSets).where(eq(changeSets.ownerId, publisher.id));
  return { submissionId, setId: rows.find((row) => row.state === "proposed")?.id ?? "" };
}

/** What a listing would come of, tried by this person at every door; the refusals of the two that approve. */
async function tryToList(actor: PersonActor, appId: string, sent: { submissionId: string; setId: string }) {
  const [row] = await held.ctx.store.db.select().from(versions).where(eq(versions.submissionId, sent.submissionId));
  const { code = 0, name = "", sha256 = "", sizeBytes: size = 0, kid = "", declares = [] } = row ?? {};
  const changes = [{ member: `program:${appId}/version:${code}`, after: { code, name, sha256, size, kid, declares } }];
  expect((await refusalOf(editDraft(held.ctx, actor, { changes }))).details).toEqual(["NOT_EDITABLE"]);
  expect((await refusalOf(narrowAtOnce(held.ctx, actor, { changes, ...REASON }))).details).toEqual(["NOT_EDITABLE"]);
  expect((await refusalOf(publishChangeSet(held.ctx, actor, sent.setId))).details).toEqual(["STATE"]);
  const refusals = [
    await refusalOf(approveSubmission(held.ctx, actor, sent.submissionId, REASON)),
    await refusalOf(approveProposal(held.ctx, actor, sent.setId, REASON)),
  ];
  expect((await held.programClaims(appId)).versions.map((version) => version.code)).not.toContain(code);
  return refusals.flatMap(({ details }) => details);
}

describe("whoever made a publisher's token", () => {
  test("lists nothing that came by it, at no door, also after the token is revoked or over", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const theirs = await byTokenOf(operator, publisher);
    const sent = await submit(theirs, appId);
    expect(await tryToList(operator, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    await revokePublisherToken(held.ctx, operator, { publisherId: publisher.id, tokenId: theirs.actor.tokenId });
    expect(await tryToList(operator, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    const over = await held.program();
    const sentBefore = await submit(await byTokenOf(operator, over.publisher), over.appId);
    const idle = await held.person("operator");
    await byTokenOf(idle, over.publisher);
    held.clock.advance(91 * 86_400);
    expect(await tryToList(operator, over.appId, sentBefore)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    await approveSubmission(held.ctx, idle, sentBefore.submissionId, REASON);
    await approveSubmission(held.ctx, await held.person("operator"), sent.submissionId, REASON);
    expect((await held.programClaims(appId)).versions).toHaveLength(1);
  });

  test("lists nothing of this publisher while it is good, whatever token that came by", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const { tokenId } = (await byTokenOf(operator, publisher)).actor;
    const sent = await submit(publisher, appId);
    expect(await tryToList(operator, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    await revokePublisherToken(held.ctx, operator, { publisherId: publisher.id, tokenId });
    await approveSubmission(held.ctx, operator, sent.submissionId, REASON);
  });

  test("approves no change of its programs, keys and people; of another publisher's they do", async () => {
    const { appId, publisher } = await held.program();
    const other = await held.program();
    const [operator, admin] = [await held.person("operator"), await held.person("admin")];
    await byTokenOf(operator, publisher);
    const proposals: [PersonActor, string, unknown][] = [
      [await held.person("security"), `program:${appId}/grant:nfc.read`, { consent: "ask" }],
      [await held.person("security"), `publisher:${publisher.id}`, { name: `Renamed ${publisher.id}` }],
      [
        admin,
        `person:${(await held.person("developer")).personId}`,
        { email: "dev@x.example", name: "Dev", role: "developer", publisherId: publisher.id, state: "active" },
      ],
    ];
    for (const [proposer, member, after] of proposals) {
      const { id } = await held.draft(proposer, { [member]: after });
      await proposeChangeSet(held.ctx, proposer, id, REASON);
      expect((await refusalOf(approveChangeSet(held.ctx, operator, id, REASON))).details, member).toEqual([
        "OWN_TOKEN",
      ]);
      const { blockedBy, parts } = await getChangeSet(held.ctx, operator, id);
      expect(blockedBy, member).toContain("You made a token");
      const own = parts.find(({ person }) => person.id === operator.personId);
      expect(own, member).toMatchObject({ may: null, refusal: "OWN_TOKEN" });
    }
    const security = await held.person("security");
    const { id } = await held.draft(security, { [`program:${other.appId}/grant:nfc.read`]: { consent: "ask" } });
    await decideTogether(security, operator, id);
  });

  test("is told by the rail's number and the overview of the same sets, and of none that waits for others", async () => {
    const { appId, publisher } = await held.program();
    const [maker, other] = [await held.person("operator"), await held.person("operator")];
    await byTokenOf(maker, publisher);
    const security = await held.person("security");
    const { id } = await held.draft(security, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, security, id, REASON);
    for (const [person, isAsked] of [
      [maker, false],
      [other, true],
    ] as const) {
      const { waiting } = await getOverview(held.ctx, person);
      const sets = waiting.filter(({ kind }) => kind === "change-set");
      expect(sets.some((set) => set.id === id)).toBe(isAsked);
      expect((await getSession(held.ctx, person)).counts.changeSets).toBe(sets.length);
    }
  });

  test("has no approval left that stands", async () => {
    const { appId, publisher } = await held.program();
    const [operator, security] = [await held.person("operator"), await held.person("security")];
    const { id } = await held.draft(security, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, security, id, REASON);
    await approveChangeSet(held.ctx, operator, id, REASON);
    await byTokenOf(operator, publisher);
    expect((await refusalOf(publishChangeSet(held.ctx, operator, id))).details).toEqual(["APPROVAL_LAPSED"]);
    expect((await held.programClaims(appId)).grants).toEqual({});
  });

  test("approves again once the token is over and nothing that came by it waits or is listed", async () => {
    const { appId, publisher } = await held.program();
    const [operator, other] = [await held.person("operator"), await held.person("operator")];
    const theirs = await byTokenOf(operator, publisher);
    const first = await submit(theirs, appId, 1);
    await approveSubmission(held.ctx, other, first.submissionId, REASON);
    const second = await submit(theirs, appId, 2);
    await revokePublisherToken(held.ctx, operator, { publisherId: publisher.id, tokenId: theirs.actor.tokenId });
    // Saying no lets nothing in.
    await refuseSubmission(held.ctx, operator, second.submissionId, REASON);
    const third = await submit(publisher, appId, 3);
    expect(await tryToList(operator, appId, third)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    const taken = await narrowAtOnce(held.ctx, operator, {
      changes: [{ member: `program:${appId}/version:1`, after: null }],
      ...REASON,
    });
    await approveSubmission(held.ctx, operator, third.submissionId, REASON);
    // What they took off to be free comes back by no undo.
    expect((await refusalOf(undoChangeSet(held.ctx, operator, taken.id))).details).toEqual(["CHANGED_SINCE"]);
    expect((await held.programClaims(appId)).versions.map(({ code }) => code)).toEqual([3]);
  });

  test("is told from others who made one: none of them lists what came by either", async () => {
    const { appId, publisher } = await held.program();
    const [first, second] = [await held.person("operator"), await held.person("operator")];
    await byTokenOf(first, publisher);
    const sent = await submit(await byTokenOf(second, publisher), appId);
    expect(await tryToList(first, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    expect(await tryToList(second, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
  });

  test("may be an admin, who approves nothing", async () => {
    const { appId, publisher } = await held.program();
    const sent = await submit(await byTokenOf(await held.person("admin"), publisher), appId);
    await approveSubmission(held.ctx, await held.person("operator"), sent.submissionId, REASON);
    for (const role of ["security", "developer", "auditor"] as const) {
      const asked = createPublisherToken(held.ctx, await held.person(role), { publisherId: publisher.id });
      expect((await refusalOf(asked)).code).toBe("forbidden");
    }
  });
});

describe("whoever proposed a publisher's key", () => {
  test("lists nothing that it signed, at no door, also after it is revoked; its approver may", async () => {
    const { appId, publisher } = await held.program();
    const [proposer, approver] = [await held.person("operator"), await held.person("operator")];
    const { privateKey, publicKey } = makeKeyPair();
    const publicKeyPem = String(publicKey.export({ type: "spki", format: "pem" }));
    const { draft } = await proposeKey(held.ctx, proposer, { publisherId: publisher.id, publicKeyPem });
    await decideTogether(proposer, approver, draft?.id ?? "");
    const [first, second] = [
      await submit({ ...publisher, privateKey }, appId, 1),
      await submit({ ...publisher, privateKey }, appId, 2),
    ];
    expect(await tryToList(proposer, appId, first)).toEqual(["OWN_KEY", "OWN_KEY"]);
    await approveSubmission(held.ctx, approver, first.submissionId, REASON);
    const member = draft?.changes[0]?.member ?? "";
    const value = draft?.changes[0]?.after as object;
    await narrowAtOnce(held.ctx, proposer, {
      changes: [{ member, after: { ...value, status: "revoked" } }],
      ...REASON,
    });
    const again = await submit(publisher, appId, 3);
    expect(await tryToList(proposer, appId, again)).toEqual(["OWN_KEY", "OWN_KEY"]);
    expect(second.submissionId).not.toBe("");
  });

  test("stays its maker when another has it let in again", async () => {
    const { publisher } = await held.program();
    const [proposer, other] = [await held.person("operator"), await held.person("operator")];
    const { kid } = await byKeyOf(proposer, publisher);
    const member = `publisher:${publisher.id}/key:${kid}`;
    const [row] = await held.ctx.store.db.select().from(publisherKeys).where(eq(publisherKeys.kid, kid));
    const value = (status: string) => ({ jwk: row?.jwk, status });
    await narrowAtOnce(held.ctx, other, { changes: [{ member, after: value("revoked") }], ...REASON });
    const { id } = await held.draft(other, { [member]: value("active") });
    await decideTogether(other, await held.person("security"), id);
    const [after] = await held.ctx.store.db.select().from(publisherKeys).where(eq(publisherKeys.kid, kid));
    expect(after).toMatchObject({ status: "active", createdBy: proposer.personId });
  });

  test("and whoever made the token do not list together what they brought in; a third does", async () => {
    const { appId, publisher } = await held.program();
    const [first, second] = [await held.person("operator"), await held.person("operator")];
    const theirs = await byKeyOf(first, await byTokenOf(second, publisher));
    const sent = await submit(theirs, appId);
    expect(await tryToList(first, appId, sent)).toEqual(["OWN_KEY", "OWN_KEY"]);
    expect(await tryToList(second, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    await approveSubmission(held.ctx, await held.person("operator"), sent.submissionId, REASON);
  });
});

describe("pages", () => {
  test("name who made a token and a key, and say why one may not list what waits", async () => {
    const { appId, publisher } = await held.program();
    const [operator, proposer] = [await held.person("operator"), await held.person("operator")];
    const theirs = await byKeyOf(proposer, await byTokenOf(operator, publisher));
    await submit(theirs, appId);
    const { items } = await listPublishers(held.ctx, operator, {});
    const shown = items.find(({ id }) => id === publisher.id);
    expect(shown?.tokens.map(({ createdBy }) => createdBy?.name)).toContain(operator.name);
    expect(shown?.keys.find(({ kid }) => kid === theirs.kid)?.createdBy?.name).toBe(proposer.name);
    const why = async (actor: PersonActor) => (await listVersions(held.ctx, actor, appId)).items[0]?.blockedBy;
    expect(await why(operator)).toContain("You made a token");
    expect(await why(proposer)).toContain("You proposed a key");
    expect(await why(await held.person("operator"))).toBeNull();
  });
});

describe("rows from before tokens and keys carried people", () => {
  /** Takes away what an older version did not write. */
  async function asBefore(publisher: TestPublisher, kid: string): Promise<void> {
    await held.ctx.store.transaction(async ({ db }) => {
      const old = { createdBy: null };
      await db.update(publisherTokens).set(old).where(eq(publisherTokens.publisherId, publisher.id));
      await db.update(publisherKeys).set(old).where(eq(publisherKeys.kid, kid));
      await db.update(versions).set({ tokenId: null }).where(eq(versions.publisherId, publisher.id));
    });
  }

  /** The log, as if it had never been told. */
  async function forget(subject: string): Promise<void> {
    await held.ctx.store.transaction(async ({ db }) => {
      await db.update(auditEntries).set({ subject: "nothing" }).where(eq(auditEntries.subject, subject));
    });
  }

  test("get their people from the audit log, and the rule holds for them", async () => {
    const { appId, publisher } = await held.program();
    const [maker, proposer] = [await held.person("operator"), await held.person("operator")];
    const theirs = await byKeyOf(proposer, await byTokenOf(maker, publisher));
    const sent = await submit(theirs, appId);
    await revokePublisherToken(held.ctx, maker, { publisherId: publisher.id, tokenId: theirs.actor.tokenId });
    await asBefore(publisher, theirs.kid);
    await settleMakers(held.ctx.store, held.ctx);
    expect(await tryToList(maker, appId, sent)).toEqual(["OWN_TOKEN", "OWN_TOKEN"]);
    expect(await tryToList(proposer, appId, sent)).toEqual(["OWN_KEY", "OWN_KEY"]);
    await approveSubmission(held.ctx, await held.person("operator"), sent.submissionId, REASON);
  });

  test("keep a version from being listed where either of the two is not known", async () => {
    for (const unknown of ["token", "key"] as const) {
      const { appId, publisher } = await held.program();
      const sent = await submit(publisher, appId);
      await held.ctx.store.transaction(async ({ db }) => {
        const nobody = { createdBy: null };
        if (unknown === "key") await db.update(publisherKeys).set(nobody).where(eq(publisherKeys.kid, publisher.kid));
        else await db.update(publisherTokens).set(nobody).where(eq(publisherTokens.publisherId, publisher.id));
      });
      const refusals = await tryToList(await held.person("operator"), appId, sent);
      expect(refusals, unknown).toEqual(["UNKNOWN_MAKER", "UNKNOWN_MAKER"]);
    }
  });

  test("where the log does not know, end the token with a notice, once, however many processes start", async () => {
    const publisher = await held.publisher();
    const { token, id } = await createPublisherToken(held.ctx, await held.person("operator"), {
      publisherId: publisher.id,
    });
    await asBefore(publisher, "no key");
    await forget(`publisher:${publisher.id}`);
    expect(await readPublisherToken(held.ctx, token)).toBeNull();
    const said = await Promise.all([settleMakers(held.ctx.store, held.ctx), settleMakers(held.ctx.store, held.ctx)]);
    expect(said.flat().filter((notice) => notice.includes(id))).toHaveLength(1);
    const [row] = await held.ctx.store.db.select().from(publisherTokens).where(eq(publisherTokens.id, id));
    expect(row?.revokedAt).not.toBeNull();
    // The fixture's own token is nobody's here, too.
    expect(await held.audited({ subject: `publisher:${publisher.id}` })).toEqual([
      "publisherToken.revoke",
      "publisherToken.revoke",
    ]);
  });

  test("where the log does not know, nothing further of that token or key is listed until two people let one in", async () => {
    const { appId, publisher } = await held.program();
    const [operator, security] = [await held.person("operator"), await held.person("security")];
    const member = `publisher:${publisher.id}/key:${publisher.kid}`;
    const listed = await submit(publisher, appId, 1);
    await approveSubmission(held.ctx, operator, listed.submissionId, REASON);
    const waiting = await submit(publisher, appId, 2);
    await asBefore(publisher, publisher.kid);
    await forget(`publisher:${publisher.id}`);
    const said = await settleMakers(held.ctx.store, held.ctx);
    expect(said.filter((notice) => notice.includes(publisher.kid))).toHaveLength(1);
    expect(await tryToList(operator, appId, waiting)).toEqual(["UNKNOWN_MAKER", "UNKNOWN_MAKER"]);
    expect((await held.programClaims(appId)).versions.map(({ code }) => code)).toEqual([1]);
    await refuseProposal(held.ctx, operator, waiting.setId, REASON);

    const [key] = await held.ctx.store.db.select().from(publisherKeys).where(eq(publisherKeys.kid, publisher.kid));
    const value = (status: string) => ({ jwk: key?.jwk, status });
    const revoke = { changes: [{ member, after: value("revoked") }], ...REASON };
    held.clock.advance(1);
    // One person who revokes and takes it back has not let it in.
    await undoChangeSet(held.ctx, security, (await narrowAtOnce(held.ctx, security, revoke)).id);
    const anew = await byTokenOf(await held.person("admin"), publisher);
    expect(await tryToList(operator, appId, await submit(anew, appId, 3))).toEqual(["UNKNOWN_MAKER", "UNKNOWN_MAKER"]);
    await narrowAtOnce(held.ctx, security, revoke);
    const { id } = await held.draft(security, { [member]: value("active") });
    await decideTogether(security, await held.person("operator"), id);
    const fourth = await submit(anew, appId, 4);
    await approveSubmission(held.ctx, operator, fourth.submissionId, REASON);
    expect((await held.programClaims(appId)).versions.map(({ code }) => code)).toEqual([1, 4]);
  });
});
