import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { people, sessions, signInLinks } from "@/db/schema";
import { createLink } from "@/lib/auth/links";
import { startSession } from "@/lib/auth/sessions";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { editDraft } from "../change-sets/edit-draft";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { createPersonLink } from "./create-person-link";
import { unlockFromServer } from "./unlock-from-server";

const REASON = { reason: "Seen at night, from elsewhere." };

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

const lockOf = (person: PersonActor, after: true | null = true) => [
  { member: `person:${person.personId}/sign-in-lock`, after },
];
const lock = (fixture: ServiceFixture, actor: PersonActor, person: PersonActor) =>
  narrowAtOnce(fixture.ctx, actor, { changes: lockOf(person), ...REASON });

async function isLocked({ ctx }: ServiceFixture, { personId }: PersonActor): Promise<boolean> {
  const [row] = await ctx.store.db.select().from(people).where(eq(people.id, personId));
  return row?.signInLockedAt != null;
}

describe("locking a sign-in", () => {
  test.each(["admin", "operator", "security"] as const)(
    "takes one %s, and ends the person's sessions and links at once; audited",
    async (role) => {
      const [actor, person] = [await held.person(role), await held.person("operator")];
      const { ctx } = held;
      const origin = { method: "password", address: "192.0.2.1", userAgent: "test" } as const;
      await ctx.store.transaction(async ({ db }) => {
        await startSession(db, ctx.ids, { personId: person.personId, origin }, ctx.clock.nowMs());
        await createLink(db, { purpose: "reset", personId: person.personId }, ctx.clock.nowMs());
      });
      const set = await lock(held, actor, person);
      expect(set.state).toBe("published");
      expect(await isLocked(held, person)).toBe(true);
      const own = await ctx.store.db.select().from(sessions).where(eq(sessions.personId, person.personId));
      expect(own.map(({ endedAt }) => endedAt !== null)).toEqual([true]);
      const links = await ctx.store.db.select().from(signInLinks).where(eq(signInLinks.personId, person.personId));
      expect(links.map(({ usedAt }) => usedAt !== null)).toEqual([true]);
      expect(await held.audited({ changeSetId: set.id })).toContain("changeSet.narrow");
      const again = await refusalOf(createPersonLink(ctx, await held.person("admin"), { personId: person.personId }));
      expect(again.code).toBe("conflict");
    },
  );

  test("is neither an auditor's nor anybody's own to do, and nothing for somebody who is not there", async () => {
    const [auditor, security] = [await held.person("auditor"), await held.person("security")];
    expect((await refusalOf(lock(held, auditor, security))).details).toEqual(["ROLE"]);
    expect((await refusalOf(lock(held, security, security))).details).toEqual(["OWN_PERSON"]);
    const nobody = { ...auditor, personId: "per_nobody" };
    expect((await refusalOf(lock(held, security, nobody))).details).toEqual(["UNKNOWN_PERSON"]);
  });

  test("takes an approval of that person with it: nothing is published by it", async () => {
    const [admin, approver] = [await held.person("admin"), await held.person("security")];
    const invited = await held.person("auditor");
    const after = {
      email: invited.email,
      name: invited.name,
      role: "operator",
      publisherId: null,
      state: "active",
    };
    const change = { member: `person:${invited.personId}`, after };
    const { draft } = await editDraft(held.ctx, admin, { changes: [change] });
    await proposeChangeSet(held.ctx, admin, draft?.id ?? "", REASON);
    await approveChangeSet(held.ctx, approver, draft?.id ?? "", REASON);
    await lock(held, await held.person("operator"), approver);
    const refused = await refusalOf(publishChangeSet(held.ctx, admin, draft?.id ?? ""));
    expect(refused.details).toEqual(["APPROVAL_LAPSED"]);
  });
});

describe("unlocking a sign-in", () => {
  test("takes two people, neither of whom it concerns", async () => {
    const [security, operator, person] = [
      await held.person("security"),
      await held.person("operator"),
      await held.person("operator"),
    ];
    await lock(held, security, person);
    const alone = narrowAtOnce(held.ctx, operator, { changes: lockOf(person, null), ...REASON });
    expect(await refusalOf(alone)).toEqual({ code: "conflict", details: ["SIGN_IN_UNLOCKED"] });
    const { draft } = await editDraft(held.ctx, operator, { changes: lockOf(person, null) });
    await proposeChangeSet(held.ctx, operator, draft?.id ?? "", REASON);
    expect((await refusalOf(approveChangeSet(held.ctx, person, draft?.id ?? "", REASON))).details).toEqual([
      "OWN_PERSON",
    ]);
    await approveChangeSet(held.ctx, security, draft?.id ?? "", REASON);
    await publishChangeSet(held.ctx, operator, draft?.id ?? "");
    expect(await isLocked(held, person)).toBe(false);
  });

  test("is a command on the server where fewer than two can approve, audited, and nowhere else", async () => {
    const fixture = await openServiceFixture();
    try {
      const { ctx } = fixture;
      const [admin, first, second] = [
        await fixture.person("admin"),
        await fixture.person("operator"),
        await fixture.person("security"),
      ];
      const unlock = ({ email }: { email: string }) => unlockFromServer(ctx, { email });
      await lock(fixture, second, admin);
      expect((await refusalOf(unlock(admin))).code).toBe("conflict");
      expect((await refusalOf(unlock(first))).code).toBe("conflict");
      expect((await refusalOf(unlock({ email: "nobody@harbor.example" }))).code).toBe("not_found");
      expect(await isLocked(fixture, admin)).toBe(true);
      await lock(fixture, second, first);
      await unlock({ email: first.email.toUpperCase() });
      expect(await isLocked(fixture, first)).toBe(false);
      expect(await fixture.audited({ subject: `person:${first.personId}` })).toContain("person.unlockSignIn");
      expect((await refusalOf(unlock(admin))).code).toBe("conflict");
    } finally {
      await fixture.close();
    }
  });
});
