import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changeSets, platform } from "@/db/schema";
import { mayNarrow, mayPropose } from "@/lib/domain/change-set-lifecycle";
import { MEMBER_KINDS } from "@/lib/domain/kinds";
import { ROLE_PERMISSIONS } from "@/lib/domain/roles";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { getOverview } from "../overview/get-overview";
import { getPlace } from "../platform/get-place";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { getSession } from "./get-session";

let held: ServiceFixture;
beforeEach(async () => {
  held = await openServiceFixture();
});
afterEach(() => held.close());

describe("a session", () => {
  it("is who is signed in, where, and what waits for them", async () => {
    const operator = await held.person("operator");
    const admin = await held.person("admin");
    const { appId } = await held.program();
    const draft = await held.draft(admin, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await proposeChangeSet(held.ctx, admin, draft.id, { reason: "Cards are read at the till." });
    const [place] = await held.ctx.store.db.select().from(platform);
    const { personId, name, email } = operator;
    expect(await getSession(held.ctx, operator)).toEqual({
      ...{ personId, name, email, role: "operator", publisherId: null },
      platformName: place?.name,
      environment: "development",
      isDevelopmentStore: false,
      seededUntil: null,
      setUpComplete: true,
      may: {
        permissions: [...ROLE_PERMISSIONS.operator],
        propose: MEMBER_KINDS.filter((kind) => mayPropose("operator", kind)),
        narrow: MEMBER_KINDS.filter((kind) => mayNarrow("operator", kind)),
      },
      counts: { changeSets: 1, isMore: false, submissions: 0, signIns: 0 },
      switchTo: [],
    });
    expect((await getPlace(held.ctx)).platformName).toBe(place?.name);
    const developer = await held.person("developer");
    const none = { changeSets: 0, isMore: false, submissions: 0, signIns: 0 };
    expect(await getSession(held.ctx, developer)).toMatchObject({
      counts: none,
      may: { permissions: ["portal.read"], propose: [], narrow: [] },
    });
  });

  it("says of change sets that more wait than are counted, where there are more", async () => {
    const [operator, security] = [await held.person("operator"), await held.person("security")];
    const at = new Date(held.clock.nowMs());
    const propose = (from: number, to: number) =>
      held.ctx.store.transaction(({ db }) =>
        db.insert(changeSets).values(
          Array.from({ length: to - from }, (_, n) => ({
            ...{ id: `cs_waiting${from + n}`, ownerId: security.personId, state: "proposed" as const },
            ...{ proposedAt: at, createdAt: at, updatedAt: at },
          })),
        ),
      );
    await propose(0, 50);
    expect((await getSession(held.ctx, operator)).counts).toMatchObject({ changeSets: 50, isMore: false });
    await propose(50, 51);
    expect((await getSession(held.ctx, operator)).counts).toMatchObject({ changeSets: 50, isMore: true });
    expect(await getOverview(held.ctx, operator)).toMatchObject({ isMoreWaiting: true });
  });

  it("of a development store names the others that one may become, and nobody who is not active", async () => {
    const [auditor, security] = [await held.person("auditor"), await held.person("security")];
    await held.person("operator", { state: "disabled" });
    const ctx = { ...held.ctx, config: { ...held.ctx.config, isDevelopmentStore: true } };
    const { switchTo } = await getSession(ctx, auditor);
    expect(switchTo).toEqual([{ personId: security.personId, name: security.name, role: "security" }]);
  });

  it("is no publisher's", async () => {
    const { actor } = await held.publisher();
    await expect(getSession(held.ctx, actor)).rejects.toMatchObject({ code: "unauthenticated" });
  });
});

describe("where one signs in to", () => {
  it("has a name before there is a platform", async () => {
    await held.ctx.store.transaction(({ db }) => db.delete(platform));
    expect(await getPlace(held.ctx)).toMatchObject({ platformName: "Bulkhead", version: "test" });
  });
});
