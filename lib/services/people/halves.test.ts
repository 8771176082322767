import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { credentials, people, platform, signInLinks } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import { acceptLink } from "@/lib/auth/accept-link";
import { createLink } from "@/lib/auth/links";
import { createPasswords } from "@/lib/auth/password";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { undoChangeSet } from "../change-sets/undo-change-set";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { createPersonCode } from "./create-person-code";
import { createPersonLink } from "./create-person-link";
import { getSession } from "./get-session";
import { invitePerson } from "./invite-person";
import { listHalvesFor } from "./list-halves";
import { listPeople } from "./list-people";
import { settleSignIns } from "./settle-sign-ins";

const REASON = { reason: "The night shift." };
const PASSWORD = "correct horse battery";
const quickly = createPasswords(async (password, salt) => createHash("sha256").update(password).update(salt).digest());

let held: ServiceFixture;
let admin: PersonActor;
let security: PersonActor;
beforeAll(async () => {
  held = await openServiceFixture();
  [admin, security] = [await held.person("admin"), await held.person("security")];
  await held.person("operator");
});
afterAll(async () => held.close());

const invitation = (role: PersonActor["role"], name = "Ines Duarte") => ({
  ...{ email: `${held.ctx.ids.next("person")}@harbor.example`, name, role, publisherId: null },
});
const personValue = ({ email, name, role, publisherId }: PersonActor, more: object = {}) => ({
  ...{ email, name, role, publisherId, state: "active" },
  ...more,
});

async function approve(changeSetId: string, approver = security): Promise<void> {
  await approveChangeSet(held.ctx, approver, changeSetId, REASON);
  await publishChangeSet(held.ctx, admin, changeSetId);
}

async function publish(changes: Record<string, unknown>, approver = security): Promise<string> {
  const { id } = await held.draft(admin, changes);
  await proposeChangeSet(held.ctx, admin, id, REASON);
  await approve(id, approver);
  return id;
}

async function invite(role: PersonActor["role"] = "operator"): Promise<{ personId: string; changeSetId: string }> {
  const { personId, changeSetId } = await invitePerson(held.ctx, admin, invitation(role));
  await approve(changeSetId ?? "");
  return { personId, changeSetId: changeSetId ?? "" };
}

const tokenOf = (link: string) => link.split("/").at(-1) ?? "";
const linkFor = (actor: PersonActor, personId: string) => createPersonLink(held.ctx, actor, { personId });
const codeFor = (actor: PersonActor, personId: string) => createPersonCode(held.ctx, actor, { personId });
const accept = (link: string, code?: string) => {
  const input = { token: tokenOf(link), password: PASSWORD, ...(code === undefined ? {} : { code }) };
  return acceptLink({ ...held.ctx, passwords: quickly }, input);
};
const rowOf = async (personId: string) =>
  (await held.ctx.store.db.select().from(people).where(eq(people.id, personId)))[0];
const passwordOf = async (personId: string) =>
  (await held.ctx.store.db.select().from(credentials).where(eq(credentials.personId, personId)))[0]?.passwordHash;
const viewOf = async (reader: PersonActor, personId: string) =>
  (await listPeople(held.ctx, reader, {})).items.find(({ id }) => id === personId)?.signIn;

/** Somebody with a password that came by a link alone. */
async function joinedAlone(role: PersonActor["role"] = "auditor"): Promise<PersonActor> {
  const invited = invitation(role);
  const { personId, link } = await invitePerson(held.ctx, admin, invited);
  await accept(link ?? "");
  return { kind: "person", personId, ...invited, sessionId: "ses_none" };
}

test("a reset of somebody who decides nothing waits for its link a day, and no longer", async () => {
  const [prompt, late] = [await joinedAlone(), await joinedAlone()];
  for (const { personId } of [prompt, late]) await publish({ [`person:${personId}/sign-in`]: { purpose: "reset" } });
  held.clock.advance(24 * 3600 - 1);
  expect(await linkFor(admin, prompt.personId)).toMatchObject({ code: null });
  held.clock.advance(1);
  expect((await refusalOf(linkFor(admin, late.personId))).details).toEqual(["APPROVAL_NEEDED"]);
});

describe("the halves of an invitation", () => {
  test("are for its proposer and its approver alone, each one once; audited with the change set", async () => {
    const { personId, changeSetId } = await invite();
    const [otherAdmin, operator] = [await held.person("admin"), await held.person("operator")];
    expect((await refusalOf(linkFor(otherAdmin, personId))).details).toEqual(["OTHER_HALF"]);
    expect((await refusalOf(codeFor(operator, personId))).details).toEqual(["OTHER_HALF"]);
    expect((await refusalOf(linkFor(security, personId))).code).toBe("forbidden");
    expect((await refusalOf(codeFor(admin, personId))).code).toBe("forbidden");
    const { link, code: none } = await linkFor(admin, personId);
    const { code } = await codeFor(security, personId);
    expect(none).toBeNull();
    expect((await refusalOf(linkFor(admin, personId))).details).toEqual(["HALF_SHOWN"]);
    expect((await refusalOf(codeFor(security, personId))).details).toEqual(["HALF_SHOWN"]);
    await accept(link, code);
    expect(await rowOf(personId)).toMatchObject({ state: "active", signInGivenBy: "two" });
    const told = ["signIn.give", "link.create", "code.create"];
    expect(await held.audited({ changeSetId })).toEqual(expect.arrayContaining(told));
    expect((await refusalOf(linkFor(admin, personId))).details).toEqual(["APPROVAL_NEEDED"]);
    expect((await refusalOf(codeFor(security, personId))).details).toEqual(["APPROVAL_NEEDED"]);
  });

  test("are not shown any more to who lost the role or the person, and never to the person", async () => {
    const { personId } = await invite();
    const asAdmin = { ...security, role: "admin" } as const;
    expect((await refusalOf(codeFor(asAdmin, personId))).code).toBe("forbidden");
    expect((await refusalOf(linkFor(asAdmin, personId))).details).toEqual(["OTHER_HALF"]);
    const asSecurity = { ...admin, role: "security" } as const;
    expect((await refusalOf(codeFor(asSecurity, personId))).details).toEqual(["OTHER_HALF"]);
    expect((await refusalOf(codeFor({ ...security, personId }, personId))).details).toEqual(["OWN_PERSON"]);
    const change = { member: `person:${personId}/sign-in-lock`, after: true };
    await narrowAtOnce(held.ctx, security, { changes: [change], ...REASON });
    expect((await refusalOf(codeFor(security, personId))).code).toBe("conflict");
  });

  test("are over when a new sign-in is given, which takes another approval", async () => {
    const { personId } = await invite();
    const [{ link }, { code }] = [await linkFor(admin, personId), await codeFor(security, personId)];
    const operator = await held.person("operator");
    await publish({ [`person:${personId}/sign-in`]: { purpose: "invite" } }, operator);
    expect((await refusalOf(accept(link, code))).code).toBe("not_found");
    expect((await refusalOf(codeFor(security, personId))).details).toEqual(["OTHER_HALF"]);
    const [again, newCode] = [await linkFor(admin, personId), await codeFor(operator, personId)];
    expect((await refusalOf(accept(again.link, code))).details).toEqual(["CODE"]);
    await accept(again.link, newCode.code);
  });

  test("wait where their people look: on the Overview and on People, until they were shown", async () => {
    const { personId, changeSetId } = await invite();
    const waits = async (actor: PersonActor) =>
      (await listHalvesFor(held.ctx, actor)).filter(({ id }) => id === personId).map(({ action }) => action);
    expect(await Promise.all([admin, security].map(waits))).toEqual([["Show the link"], ["Show the code"]]);
    const { counts } = await getSession(held.ctx, security);
    expect(counts.signIns).toBe((await listHalvesFor(held.ctx, security)).length);
    expect(await viewOf(security, personId)).toMatchObject({
      givenBy: null,
      handover: { changeSetId, mine: "code", link: { to: { id: admin.personId }, isShown: false } },
    });
    await codeFor(security, personId);
    expect(await waits(security)).toEqual([]);
    expect((await viewOf(security, personId))?.handover).toMatchObject({ mine: null, code: { isShown: true } });
    held.clock.advance(72 * 60 * 60 * 1000);
    expect(await viewOf(admin, personId)).toEqual({ givenBy: null, handover: null });
  });
});

describe("a role that decides, given to somebody who is there", () => {
  test("ends a password that one person may know, and is signed in to by two halves", async () => {
    const puppet = await joinedAlone();
    const before = await passwordOf(puppet.personId);
    expect(await rowOf(puppet.personId)).toMatchObject({ signInGivenBy: "one" });
    const whole = await held.ctx.store.transaction(({ db }) =>
      createLink(db, { purpose: "reset", personId: puppet.personId }, held.clock.nowMs()),
    );
    await publish({ [`person:${puppet.personId}`]: personValue(puppet, { role: "operator" }) });
    const after = await passwordOf(puppet.personId);
    expect(after).not.toBe(before);
    expect(await quickly.matches(PASSWORD, after ?? null)).toBe(false);
    expect((await refusalOf(accept(whole.token))).code).toBe("not_found");
    const [{ link }, { code }] = [await linkFor(admin, puppet.personId), await codeFor(security, puppet.personId)];
    await accept(link, code);
    expect(await rowOf(puppet.personId)).toMatchObject({ role: "operator", signInGivenBy: "two" });
  });

  test("keeps a password that came by two halves, also after the role was gone for a while", async () => {
    const { personId } = await invite();
    await accept((await linkFor(admin, personId)).link, (await codeFor(security, personId)).code);
    const row = await rowOf(personId);
    const person = { ...security, personId, name: row?.name ?? "", email: row?.email ?? "" };
    const [kept, member] = [await passwordOf(personId), `person:${personId}`];
    const lower = { member, after: personValue(person, { role: "auditor" }) };
    await narrowAtOnce(held.ctx, admin, { changes: [lower], ...REASON });
    await publish({ [member]: personValue(person, { role: "operator" }) });
    expect(await passwordOf(personId)).toBe(kept);
    expect((await viewOf(admin, personId))?.handover).toBeNull();
  });

  test("does not come back with a password that was set while it was gone, by an undo or in a disabled state", async () => {
    const person = await held.person("operator");
    const member = `person:${person.personId}`;
    const lower = { member, after: personValue(person, { role: "auditor" }) };
    const lowered = await narrowAtOnce(held.ctx, admin, { changes: [lower], ...REASON });
    await held.ctx.store.transaction(async ({ db }) => {
      const row = { personId: person.personId, passwordHash: "scrypt$known", changedAt: new Date(held.clock.nowMs()) };
      await db.insert(credentials).values(row);
      await db.update(people).set({ signInGivenBy: "one" }).where(eq(people.id, person.personId));
    });
    await undoChangeSet(held.ctx, admin, lowered.id);
    expect(await passwordOf(person.personId)).toBe("none");
    expect((await refusalOf(linkFor(admin, person.personId))).details).toEqual(["APPROVAL_NEEDED"]);

    const puppet = await joinedAlone();
    for (const more of [{ state: "disabled" }, { state: "disabled", role: "operator" }]) {
      const change = { member: `person:${puppet.personId}`, after: personValue(puppet, more) };
      await narrowAtOnce(held.ctx, admin, { changes: [change], ...REASON });
    }
    await publish({ [`person:${puppet.personId}`]: personValue(puppet, { role: "operator" }) });
    expect(await rowOf(puppet.personId)).toMatchObject({ role: "operator", state: "active" });
    expect(await passwordOf(puppet.personId)).toBe("none");
  });
});

describe("in set-up", () => {
  test("the admin has both halves, anew as often as asked; said and audited until two have given a new sign-in", async () => {
    const fixture = await openServiceFixture({ isSetUpComplete: false });
    try {
      const own = await fixture.person("admin");
      const { ctx } = fixture;
      const join = (link: string, code: string) =>
        acceptLink({ ...ctx, passwords: quickly }, { token: tokenOf(link), code, password: PASSWORD });
      const invited = await invitePerson(ctx, own, invitation("operator"));
      const again = await createPersonLink(ctx, own, { personId: invited.personId });
      expect((await refusalOf(join(invited.link ?? "", invited.code ?? ""))).code).toBe("not_found");
      const givenBy = async () =>
        (await listPeople(ctx, own, {})).items.find(({ id }) => id === invited.personId)?.signIn?.givenBy;
      expect(await givenBy()).toBe("one");
      await join(again.link, again.code ?? "");
      expect(await givenBy()).toBe("one");
      expect(await fixture.audited({ subject: `person:${invited.personId}` })).toEqual([
        ...["signIn.give", "link.create", "code.create"],
        ...["signIn.give", "link.create", "code.create", "link.use"],
      ]);

      const other = await invitePerson(ctx, own, invitation("security"));
      const late = await invitePerson(ctx, own, invitation("operator"));
      await join(other.link ?? "", other.code ?? "");
      expect((await ctx.store.db.select().from(platform))[0]?.setUpAt).not.toBeNull();
      // What was shown in set-up is good; nothing more is shown to one.
      expect((await refusalOf(createPersonLink(ctx, own, { personId: late.personId }))).details).toEqual([
        "APPROVAL_NEEDED",
      ]);
      await join(late.link ?? "", late.code ?? "");

      const approver = { ...own, personId: other.personId, role: "security" } as const;
      const set = await fixture.draft(own, { [`person:${invited.personId}/sign-in`]: { purpose: "reset" } });
      await proposeChangeSet(ctx, own, set.id, REASON);
      await approveChangeSet(ctx, approver, set.id, REASON);
      await publishChangeSet(ctx, own, set.id);
      const { link } = await createPersonLink(ctx, own, { personId: invited.personId });
      const { code } = await createPersonCode(ctx, approver, { personId: invited.personId });
      expect(await givenBy()).toBe("one");
      await join(link, code);
      expect(await givenBy()).toBe("two");
    } finally {
      await fixture.close();
    }
  });
});

describe("a store from before", () => {
  test("has open links of those who decide ended, and knows through whose hands passwords came; once", async () => {
    const { ctx } = held;
    const [decides, reads] = [
      await held.person("operator", { state: "invited" }),
      await held.person("auditor", { state: "invited" }),
    ];
    const { personId } = await invite();
    const half = await linkFor(admin, personId);
    const [first, later] = [await held.person("admin"), await held.person("admin")];
    await ctx.store.transaction(async (tx) => {
      const used = (person: PersonActor, purpose: string) =>
        appendAudit(tx, ctx, {
          actor: { kind: "system", name: "sign-in" },
          action: "link.use",
          subject: `person:${person.personId}`,
          after: { purpose },
        });
      await used(first, "setup");
      await used(later, "setup");
      await used(later, "reset");
    });
    const links = await ctx.store.transaction(async ({ db }) => {
      const row = { passwordHash: "scrypt$known", changedAt: new Date(held.clock.nowMs()) };
      const known = [admin, first, later].map(({ personId: id }) => ({ ...row, personId: id }));
      await db.insert(credentials).values(known);
      const make = (person: PersonActor) =>
        createLink(db, { purpose: "invite", personId: person.personId }, held.clock.nowMs());
      return [await make(decides), await make(reads)];
    });
    const settle = (isDevelopmentStore: boolean) => settleSignIns(ctx.store, ctx, { isDevelopmentStore });
    expect(await settle(true)).toEqual([]);
    const notices = await settle(false);
    expect(notices).toEqual([expect.stringContaining(decides.email)]);
    const open = await ctx.store.db.select().from(signInLinks);
    const isOpen = (token: string) =>
      open.find(({ tokenSha256 }) => tokenSha256 === createHash("sha256").update(token).digest("hex"))?.usedAt === null;
    expect([...links.map(({ token }) => isOpen(token)), isOpen(tokenOf(half.link))]).toEqual([false, true, true]);
    expect(await held.audited({ subject: `person:${decides.personId}` })).toEqual(["signIn.end"]);
    expect(await rowOf(admin.personId)).toMatchObject({ signInGivenBy: "one" });
    expect(await rowOf(first.personId)).toMatchObject({ signInGivenBy: "setup" });
    expect(await rowOf(later.personId)).toMatchObject({ signInGivenBy: "one" });
    expect(await settle(false)).toEqual([]);
  });
});
