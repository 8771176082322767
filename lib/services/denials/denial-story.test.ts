import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { events } from "@/db/schema";
import { narrowAtOnce } from "../change-sets/narrow";
import type { PersonActor, ServiceFixture } from "../testing/service-fixture";
import { getDenial } from "./get-denial";
import { type DenialFixture, openDenialFixture } from "./testing/denial-fixture";

let held: ServiceFixture;
let security: PersonActor;
let auditor: PersonActor;
let appId: string;
let fixture: DenialFixture;

beforeEach(async () => {
  fixture = await openDenialFixture();
  ({ held, security, auditor, appId } = fixture);
});
afterEach(() => held.close());

const tell: DenialFixture["tell"] = (told) => fixture.tell(told);
const allowHost = async () => (await fixture.allowHost()).number;
const removeHost = () => fixture.removeHost();
const inForce = () => fixture.inForce();
const read = (denialId: string) => getDenial(held.ctx, auditor, denialId);

describe("a denial's story", () => {
  it("says that nothing was ever listed, which version began, and that it is refused still", async () => {
    const denial = await read(await tell({ refused: 3 }));
    expect(denial).toMatchObject({
      effect: { state: "refused" },
      decidedBy: { wasEverListed: false },
      changed: { endedBy: null, otherVersions: [{ versionCode: 1, times: 0 }] },
      who: {
        versions: [
          { versionCode: 2, times: 3, devices: 1 },
          { versionCode: 1, times: 0, devices: 0 },
        ],
        ...{ records: 1, recordDevices: 1, devices: [{ name: "Till", records: 1 }] },
        runtimes: [{ kind: "linux", version: "0.1.0", records: 1 }],
      },
    });
    expect(denial.changed?.hours.reduce((sum, one) => sum + one, 0)).toBe(3);
    expect(denial.changed?.marks.filter(({ kind }) => kind === "version")).toHaveLength(2);
    expect(Date.parse(denial.changed?.firstAt ?? "")).toBeGreaterThan(
      Date.parse(denial.changed?.versionListedAt ?? ""),
    );
    expect(denial.ladder.find(({ state }) => state === "failed")).toMatchObject({ check: "RULE", isRecorded: true });
    expect(denial.ladder.find(({ check }) => check === "ARGUMENTS")).toMatchObject({ isRecorded: false, saw: null });
  });

  it("says since which revision it is allowed, by which decision, and how many calls went through under it", async () => {
    const denialId = await tell({ refused: 3 });
    await tell({ allowed: 7, versionCode: 1 });
    const changeSetNumber = await allowHost();
    const { program } = await inForce();
    await tell({ allowed: 5 });
    await tell({ allowed: 2 });
    await tell({ allowed: 11, versionCode: 1 });
    const since = { document: "program", position: { epoch: 1, revision: program }, changeSetNumber };
    expect((await read(denialId)).effect).toMatchObject({ state: "allowed", isFirst: true, since, through: 7 });
    // Later publishes of another kind move neither the revision nor the count.
    for (const max of [900, 800, 700]) {
      const after = { max, action: "throttle" };
      await narrowAtOnce(held.ctx, security, {
        changes: [{ member: `program:${appId}/limit:requestsPerMinute`, after }],
        reason: "Less.",
      }).catch(() => undefined);
      held.clock.advance(60);
    }
    expect((await read(denialId)).effect).toMatchObject({ state: "allowed", isFirst: true, since, through: 7 });
  });

  it("says which revision ended what the one before it let through", async () => {
    await allowHost();
    await tell({ allowed: 4 });
    await removeHost();
    const { program } = await inForce();
    const denial = await read(await tell({ refused: 2 }));
    expect(denial).toMatchObject({
      effect: { state: "refused" },
      decidedBy: { wasEverListed: true, reason: "It phones home." },
      changed: { endedBy: { position: { epoch: 1, revision: program } } },
    });
  });

  it("claims nothing of a kind that no revision mends", async () => {
    const denialId = await tell({ refused: 1 });
    await held.ctx.store.transaction(({ db }) =>
      db.update(events).set({ code: "TLS_INVALID" }).where(eq(events.denialId, denialId)),
    );
    await allowHost();
    expect((await read(denialId)).effect).toEqual({ state: "beyond" });
  });
});
