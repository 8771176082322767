import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { people as peopleTable } from "@/db/schema";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { approveChangeSet } from "./approve-change-set";
import { getChangeSet } from "./get-change-set";
import { proposeChangeSet } from "./propose-change-set";
import { publishChangeSet } from "./publish-change-set";

const REASON = { reason: "Asked by a test." };

let held: ServiceFixture;
let people: Record<"proposer" | "operator" | "security" | "admin" | "auditor" | "gone", PersonActor>;
beforeAll(async () => {
  held = await openServiceFixture();
  people = {
    proposer: await held.person("operator"),
    operator: await held.person("operator"),
    security: await held.person("security"),
    admin: await held.person("admin"),
    auditor: await held.person("auditor"),
    gone: await held.person("operator", { state: "disabled" }),
  };
});
afterAll(() => held.close());

async function proposal(): Promise<string> {
  const { appId } = await held.program();
  const { id } = await held.draft(people.proposer, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
  await proposeChangeSet(held.ctx, people.proposer, id, REASON);
  return id;
}

const partsOf = async (id: string) => {
  const { parts } = await getChangeSet(held.ctx, people.auditor, id);
  return new Map(parts.map((part) => [part.person.id, part]));
};

describe("whose turn a change set is", () => {
  test("is said of each person as the verb would answer them, before an approval and after it, and once it has ended of those alone who acted", async () => {
    const id = await proposal();
    for (const [verb, run] of [
      ["approve", (actor: PersonActor) => approveChangeSet(held.ctx, actor, id, REASON)],
      ["publish", (actor: PersonActor) => publishChangeSet(held.ctx, actor, id)],
    ] as const) {
      const parts = await partsOf(id);
      for (const actor of [people.proposer, people.operator, people.security, people.admin]) {
        const part = parts.get(actor.personId);
        if (part?.may === verb) continue;
        const { code, details } = await refusalOf(run(actor));
        // A role that decides nothing is refused before the set is looked for.
        const told = code === "forbidden" && details.length === 0 ? ["ROLE"] : details;
        expect(told, `${actor.role} ${verb}`).toEqual([part?.refusal]);
      }
      const able = [people.operator, people.security, people.admin, people.proposer].filter(
        ({ personId }) => parts.get(personId)?.may === verb,
      );
      expect(able.map(({ role }) => role)).toEqual(
        verb === "approve" ? ["operator", "security"] : ["operator", "operator"],
      );
      await run(able[0] as PersonActor);
    }
    expect((await partsOf(id)).get(people.operator.personId)).toMatchObject({
      did: "approved",
      may: null,
      refusal: null,
    });
    const { parts, otherParts } = await getChangeSet(held.ctx, people.auditor, id);
    expect(parts.every(({ did }) => did !== null)).toBe(true);
    expect(otherParts).toBe(0);
  });

  test("begins with those who acted, and has nobody who reads alone or is gone", async () => {
    const id = await proposal();
    const { parts, otherParts } = await getChangeSet(held.ctx, people.operator, id);
    expect(parts[0]).toMatchObject({ person: { id: people.proposer.personId }, did: "began", refusal: "OWN_PROPOSAL" });
    const ids = parts.map(({ person }) => person.id);
    expect(ids).not.toContain(people.auditor.personId);
    expect(ids).not.toContain(people.gone.personId);
    expect(otherParts).toBe(0);
  });

  test("is not of who began it and was disabled since", async () => {
    const left = await held.person("operator");
    const { appId } = await held.program();
    const { id } = await held.draft(left, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, left, id, REASON);
    expect((await partsOf(id)).get(left.personId)?.publishes).toBe(true);
    await held.ctx.store.transaction(({ db }) =>
      db.update(peopleTable).set({ state: "disabled" }).where(eq(peopleTable.id, left.personId)),
    );
    const gone = { did: "began", may: null, refusal: null, publishes: false };
    expect((await partsOf(id)).get(left.personId)).toMatchObject(gone);
    await approveChangeSet(held.ctx, people.security, id, REASON);
    expect((await partsOf(id)).get(left.personId)).toMatchObject(gone);
  });

  test("says before the approval who could publish after it", async () => {
    const parts = await partsOf(await proposal());
    const publishes = (actor: PersonActor) => parts.get(actor.personId)?.publishes;
    expect([people.proposer, people.operator, people.security, people.admin].map(publishes)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

test("a set that changes no document reaches no device, and says so", async () => {
  const { admin } = people;
  const { personId, ...rest } = await held.person("auditor");
  const { id } = await held.draft(admin, {
    [`person:${personId}`]: {
      email: rest.email,
      name: rest.name,
      role: "security",
      publisherId: null,
      state: "active",
    },
  });
  expect(await getChangeSet(held.ctx, admin, id)).toMatchObject({ devices: null, isListing: false });
  expect(await getChangeSet(held.ctx, admin, await proposal())).toMatchObject({ devices: 0 });
});
