import { afterEach, describe, expect, it } from "vitest";
import { clocks } from "@/db/schema";
import { measureClock } from "@/lib/sync/clock/measure-clock";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { confirmClock } from "./confirm-clock";
import { getClock } from "./get-clock";

let fixture: ServiceFixture;
afterEach(() => fixture.close());

const jump = (hours: number) => fixture.clock.set(fixture.clock.nowMs() + hours * 3_600_000);

/** A platform whose machine was measured, with a program, and then a clock that jumped a day ahead. */
async function jumped(): Promise<string> {
  fixture = await openServiceFixture();
  const { appId } = await fixture.program();
  await measureClock(fixture.ctx.store, fixture.ctx);
  jump(24);
  return appId;
}

describe("a clock that jumped", () => {
  it("is confirmed by an admin or an operator alone, by name, once", async () => {
    await jumped();
    for (const role of ["security", "auditor", "developer"] as const) {
      const refusal = await refusalOf(confirmClock(fixture.ctx, await fixture.person(role), { bootId: "boot-1" }));
      expect(refusal.code).toBe("forbidden");
    }
    const operator = await fixture.person("operator");
    const auditor = await fixture.person("auditor");
    expect(await getClock(fixture.ctx, auditor)).toMatchObject({
      isWaiting: true,
      confirmedBy: null,
      awaiting: [{ machine: "bench", bootId: "boot-1", jumpSeconds: 86_400 }],
    });
    expect((await refusalOf(getClock(fixture.ctx, await fixture.person("developer")))).code).toBe("forbidden");
    await confirmClock(fixture.ctx, operator, { bootId: "boot-1" });
    expect(await getClock(fixture.ctx, auditor)).toMatchObject({
      isWaiting: false,
      says: null,
      confirmedBy: { id: operator.personId, name: operator.name },
      awaiting: [],
    });
    expect(await fixture.audited({ subject: "clock:bench" })).toEqual(["clock.confirm"]);
    expect((await refusalOf(confirmClock(fixture.ctx, operator, { bootId: "boot-1" }))).code).toBe("conflict");
    expect((await refusalOf(confirmClock(fixture.ctx, operator, { bootId: "boot-9" }))).code).toBe("conflict");
  });

  it("that was confirmed is measured anew: setting it back is a jump again", async () => {
    await jumped();
    await confirmClock(fixture.ctx, await fixture.person("admin"), { bootId: "boot-1" });
    jump(-24);
    const admin = await fixture.person("admin");
    expect(await getClock(fixture.ctx, admin)).toMatchObject({ isWaiting: true, awaiting: [{ jumpSeconds: -86_400 }] });
  });

  it("of another machine is confirmed by what that machine measured", async () => {
    await jumped();
    await measureClock(fixture.ctx.store, fixture.ctx);
    const here = { ...fixture.ctx, machine: { bootId: "boot-2", name: "bench-2", uptimeMs: () => 0 } };
    await measureClock(fixture.ctx.store, here);
    await confirmClock(here, await fixture.person("admin"), { bootId: "boot-1" });
    const operator = await fixture.person("operator");
    expect(await getClock(fixture.ctx, operator)).toMatchObject({ isWaiting: false, awaiting: [] });
    expect(await fixture.ctx.store.db.select({ jumpMs: clocks.jumpMs }).from(clocks)).toEqual([
      { jumpMs: null },
      { jumpMs: null },
    ]);
  });

  it("keeps an approved set from being published, with the remedy, and no suspension", async () => {
    const appId = await jumped();
    const security = await fixture.person("security");
    const operator = await fixture.person("operator");
    jump(-24);
    const suspend = { changes: [{ member: `program:${appId}/status`, after: "suspended" }], reason: "It phones home." };
    await narrowAtOnce(fixture.ctx, security, suspend);
    const draft = await fixture.draft(operator, { [`program:${appId}/status`]: "active" });
    await proposeChangeSet(fixture.ctx, operator, draft.id, { reason: "It was looked at." });
    await approveChangeSet(fixture.ctx, security, draft.id, { reason: "Agreed." });
    jump(24);
    expect(await refusalOf(publishChangeSet(fixture.ctx, operator, draft.id))).toEqual({
      code: "unavailable",
      details: ["CLOCK_JUMPED"],
    });
    const block = { changes: [{ member: "platform/blocked-host:tracker.example", after: true }], reason: "It tracks." };
    await narrowAtOnce(fixture.ctx, security, block);
    expect(await fixture.platformClaims()).toMatchObject({ suspended: [appId], blockedHosts: ["tracker.example"] });
    jump(-24);
    await publishChangeSet(fixture.ctx, operator, draft.id);
    expect(await fixture.platformClaims()).toMatchObject({ suspended: [] });
  });
});
