import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { people, platform, sessions, signInLinks } from "@/db/schema";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { editDraft } from "../change-sets/edit-draft";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { createPersonCode } from "./create-person-code";
import { createPersonLink } from "./create-person-link";
import { invitePerson } from "./invite-person";

const REASON = { reason: "The night shift." };

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

const invitation = (email: string, role: PersonActor["role"], publisherId: string | null = null) => ({
  email,
  name: "Ines Duarte",
  role,
  publisherId,
});

async function personRow(fixture: ServiceFixture, id: string) {
  const [row] = await fixture.ctx.store.db.select().from(people).where(eq(people.id, id));
  return row;
}

const personValue = (actor: PersonActor, more: object = {}) => ({
  email: actor.email,
  name: actor.name,
  role: actor.role,
  publisherId: actor.publisherId,
  state: "active",
  ...more,
});

describe("set-up", () => {
  test("the admin invites alone until two others can approve, and never again", async () => {
    const fixture = await openServiceFixture({ isSetUpComplete: false });
    try {
      const admin = await fixture.person("admin");
      const first = await invitePerson(fixture.ctx, admin, invitation("a@harbor.example", "operator"));
      expect(first.link).toMatch(/^https:\/\/console\.test\/link\//);
      expect(first.code).toMatch(/^\w{5}-\w{5}$/);
      const second = await invitePerson(fixture.ctx, admin, invitation("b@harbor.example", "security"));
      expect(second.changeSetId).toBeNull();
      await fixture.ctx.store.transaction(async ({ db }) => void (await db.update(people).set({ state: "active" })));
      const third = await invitePerson(fixture.ctx, admin, invitation("c@harbor.example", "operator"));
      expect(third).toMatchObject({ link: null, changeSetId: expect.any(String) });
      expect(await fixture.audited({ subject: "platform" })).toContain("setup.complete");
      // One of the two leaves: set-up stays over.
      const refused = narrowAtOnce(fixture.ctx, admin, {
        changes: [
          {
            member: `person:${second.personId}`,
            after: {
              email: "b@harbor.example",
              name: "Ines Duarte",
              role: "security",
              publisherId: null,
              state: "disabled",
            },
          },
        ],
        ...REASON,
      });
      expect((await refusalOf(refused)).details).toEqual(["APPROVERS_FEWER"]);
      // By two people, or by the loss of one.
      await fixture.ctx.store.transaction(({ db }) =>
        db.update(people).set({ state: "disabled" }).where(eq(people.id, second.personId)),
      );
      const fourth = await invitePerson(fixture.ctx, admin, invitation("d@harbor.example", "operator"));
      expect(fourth.link).toBeNull();
      const [place] = await fixture.ctx.store.db.select().from(platform);
      expect(place?.setUpAt).not.toBeNull();
    } finally {
      await fixture.close();
    }
  });
});

describe("an invitation", () => {
  test("to a deciding role waits for another's approval, and then link and code are for the two", async () => {
    const [admin, security] = [await held.person("admin"), await held.person("security")];
    const invited = await invitePerson(held.ctx, admin, invitation("op@harbor.example", "operator"));
    const id = invited.changeSetId ?? "";
    expect(await personRow(held, invited.personId)).toBeUndefined();
    expect((await refusalOf(createPersonLink(held.ctx, admin, { personId: invited.personId }))).code).toBe("not_found");
    expect((await refusalOf(approveChangeSet(held.ctx, admin, id, REASON))).code).toBe("forbidden");
    await approveChangeSet(held.ctx, security, id, REASON);
    await publishChangeSet(held.ctx, admin, id);
    expect(await personRow(held, invited.personId)).toMatchObject({ state: "invited", role: "operator" });
    const shown = await createPersonLink(held.ctx, admin, { personId: invited.personId });
    expect(shown).toMatchObject({ link: expect.stringContaining("/link/"), code: null });
    const { code } = await createPersonCode(held.ctx, security, { personId: invited.personId });
    expect(code).toMatch(/^\w{5}-\w{5}$/);
  });

  test("to a role that decides nothing takes the admin alone", async () => {
    const admin = await held.person("admin");
    const publisher = await held.publisher();
    const invited = await invitePerson(held.ctx, admin, invitation("dev@harbor.example", "developer", publisher.id));
    expect(invited).toMatchObject({ link: expect.stringContaining("/link/"), code: null });
    expect(await held.audited({ subject: `person:${invited.personId}` })).toEqual(["link.create"]);
  });

  test.each([
    ["a developer without a publisher", invitation("x@harbor.example", "developer"), "PUBLISHER_NEEDED"],
    ["an unknown publisher", invitation("x@harbor.example", "developer", "pub_nobody"), "UNKNOWN_PUBLISHER"],
    ["no e-mail", invitation("nobody", "auditor"), "FORMAT"],
  ])("is refused for %s", async (_title, input, code) => {
    const refusal = await refusalOf(invitePerson(held.ctx, await held.person("admin"), input));
    expect(refusal).toEqual({ code: "invalid_input", details: [code] });
  });

  test("is refused for an e-mail that is taken, in any letter case", async () => {
    const admin = await held.person("admin");
    const taken = invitation(admin.email.toUpperCase(), "auditor");
    expect((await refusalOf(invitePerson(held.ctx, admin, taken))).details).toEqual(["EMAIL_TAKEN"]);
  });

  test("is an admin's to make", async () => {
    const operator = await held.person("operator");
    const refusal = await refusalOf(invitePerson(held.ctx, operator, invitation("y@harbor.example", "auditor")));
    expect(refusal.code).toBe("forbidden");
  });
});

describe("roles", () => {
  test("a role that approves is given by a proposer and another", async () => {
    const [admin, auditor] = [await held.person("admin"), await held.person("auditor")];
    const change = { member: `person:${auditor.personId}`, after: personValue(auditor, { role: "security" }) };
    const refusal = await refusalOf(narrowAtOnce(held.ctx, admin, { changes: [change], ...REASON }));
    expect(refusal).toEqual({ code: "conflict", details: ["PERSON_MAY_MORE"] });
    const { draft } = await editDraft(held.ctx, admin, { changes: [change] });
    await proposeChangeSet(held.ctx, admin, draft?.id ?? "", REASON);
    await approveChangeSet(held.ctx, await held.person("operator"), draft?.id ?? "", REASON);
    await publishChangeSet(held.ctx, admin, draft?.id ?? "");
    expect((await personRow(held, auditor.personId))?.role).toBe("security");
  });

  test("nobody changes their own role, and nobody approves one that is theirs", async () => {
    const admin = await held.person("admin");
    const own = { member: `person:${admin.personId}`, after: personValue(admin, { role: "operator" }) };
    expect((await refusalOf(editDraft(held.ctx, admin, { changes: [own] }))).details).toEqual(["OWN_PERSON"]);
    const operator = await held.person("operator");
    const raise = { member: `person:${operator.personId}`, after: personValue(operator, { role: "admin" }) };
    const { draft } = await editDraft(held.ctx, admin, { changes: [raise] });
    await proposeChangeSet(held.ctx, admin, draft?.id ?? "", REASON);
    expect((await refusalOf(approveChangeSet(held.ctx, operator, draft?.id ?? "", REASON))).details).toEqual([
      "OWN_PERSON",
    ]);
  });

  test("disabling takes one, acts at once and ends the person's sessions", async () => {
    const [admin, operator] = [await held.person("admin"), await held.person("operator")];
    const now = new Date(held.clock.nowMs());
    await held.ctx.store.transaction(async ({ db }) => {
      await db.insert(sessions).values({
        id: operator.sessionId,
        personId: operator.personId,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: new Date(now.getTime() + 1000),
        detail: {},
      });
    });
    const change = { member: `person:${operator.personId}`, after: personValue(operator, { state: "disabled" }) };
    expect((await narrowAtOnce(held.ctx, admin, { changes: [change], ...REASON })).state).toBe("published");
    expect((await personRow(held, operator.personId))?.state).toBe("disabled");
    const [session] = await held.ctx.store.db.select().from(sessions).where(eq(sessions.id, operator.sessionId));
    expect(session?.endedAt).not.toBeNull();
  });

  test("an invitation becomes an account by its own person alone", async () => {
    const admin = await held.person("admin");
    const invited = await held.person("auditor", { state: "invited" });
    const change = { member: `person:${invited.personId}`, after: personValue(invited) };
    expect((await refusalOf(editDraft(held.ctx, admin, { changes: [change] }))).details).toEqual(["PERSON_STATE"]);
  });

  test("a person is not made by a draft", async () => {
    const admin = await held.person("admin");
    const change = {
      member: "person:per_made",
      after: { email: "z@harbor.example", name: "Z", role: "auditor", publisherId: null, state: "active" },
    };
    expect((await refusalOf(editDraft(held.ctx, admin, { changes: [change] }))).details).toEqual(["NOT_EDITABLE"]);
  });

  test("who was approved to go while two were left does not go once another has gone", async () => {
    const fixture = await openServiceFixture();
    try {
      const [admin, first] = [await fixture.person("admin"), await fixture.person("operator")];
      const [second, third] = [await fixture.person("operator"), await fixture.person("security")];
      const change = { [`person:${first.personId}`]: personValue(first, { state: "disabled" }) };
      const draft = await fixture.draft(admin, change);
      await proposeChangeSet(fixture.ctx, admin, draft.id, REASON);
      await approveChangeSet(fixture.ctx, second, draft.id, REASON);
      await fixture.ctx.store.transaction(({ db }) =>
        db.update(people).set({ state: "disabled" }).where(eq(people.id, third.personId)),
      );
      expect((await refusalOf(publishChangeSet(fixture.ctx, admin, draft.id))).details).toEqual(["BEYOND_APPROVAL"]);
      expect((await personRow(fixture, first.personId))?.state).toBe("active");
    } finally {
      await fixture.close();
    }
  });

  test("the last who could approve, and the last admin, are not disabled", async () => {
    const fixture = await openServiceFixture();
    try {
      const [admin, operator] = [await fixture.person("admin"), await fixture.person("operator")];
      const disable = (actor: PersonActor) => ({
        member: `person:${actor.personId}`,
        after: personValue(actor, { state: "disabled" }),
      });
      const refusal = await refusalOf(narrowAtOnce(fixture.ctx, admin, { changes: [disable(operator)], ...REASON }));
      expect(refusal.details).toEqual(["LAST_APPROVER"]);
    } finally {
      await fixture.close();
    }
  });
});

describe("a reset of another's sign-in", () => {
  test.each(["operator", "auditor"] as const)(
    "takes another's approval, and gives one link: of an %s",
    async (role) => {
      const [admin, person] = [await held.person("admin"), await held.person(role)];
      const target = { personId: person.personId };
      expect(await refusalOf(createPersonLink(held.ctx, admin, target))).toEqual({
        code: "precondition_failed",
        details: ["APPROVAL_NEEDED"],
      });
      const change = { member: `person:${person.personId}/sign-in`, after: { purpose: "reset" } };
      expect((await refusalOf(narrowAtOnce(held.ctx, admin, { changes: [change], ...REASON }))).details).toEqual([
        "SIGN_IN_GIVEN",
      ]);
      const { draft } = await editDraft(held.ctx, admin, { changes: [change] });
      await proposeChangeSet(held.ctx, admin, draft?.id ?? "", REASON);
      await approveChangeSet(held.ctx, await held.person("security"), draft?.id ?? "", REASON);
      expect((await refusalOf(createPersonLink(held.ctx, admin, target))).code).toBe("precondition_failed");
      await publishChangeSet(held.ctx, admin, draft?.id ?? "");
      held.clock.advance(86_000);
      await createPersonLink(held.ctx, admin, target);
      held.clock.advance(1);
      expect((await refusalOf(createPersonLink(held.ctx, admin, target))).code).toBe(
        role === "auditor" ? "precondition_failed" : "conflict",
      );
      const live = await held.ctx.store.db
        .select()
        .from(signInLinks)
        .where(and(eq(signInLinks.personId, person.personId), eq(signInLinks.purpose, "reset")));
      expect(live).toHaveLength(1);
    },
  );

  test("is never one's own", async () => {
    const admin = await held.person("admin");
    const refusal = await refusalOf(createPersonLink(held.ctx, admin, { personId: admin.personId }));
    expect(refusal.details).toEqual(["OWN_PERSON"]);
  });

  test("is refused for a disabled person", async () => {
    const [admin, gone] = [await held.person("admin"), await held.person("operator", { state: "disabled" })];
    expect((await refusalOf(createPersonLink(held.ctx, admin, { personId: gone.personId }))).code).toBe("conflict");
  });
});
