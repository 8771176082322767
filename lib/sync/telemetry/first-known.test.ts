import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appliedRevisions, devices, seenCauses } from "@/db/schema";
import { quantileOf, unpackHistogram } from "@/lib/domain/measures/histogram";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import type { Position } from "@/native/core/documents/position";
import { publishDocuments } from "../publish-documents";
import { buildBatch, buildMinute } from "../testing/batch-builder";
import { openRuntimeFixture, type RuntimeFixture } from "../testing/runtime-fixture";
import { listVersion } from "../testing/sync-fixture";
import { gatherCauses, noteCauses } from "./note-causes";
import { dropPastDays } from "./tend-telemetry";

const DAY_SECONDS = 86_400;
const APP = "com.example.a";
let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntimeFixture();
  await fixture.addProgram(APP);
  await listVersion(fixture.store, APP, 1);
});
afterAll(() => fixture.close());

const denial = (cause: string) => ({ cause, code: "HOST_NOT_ALLOWED", layer: "host", rule: null, count: 1 });
const tell = (accessToken: string, at: number, causes: readonly string[], applied = {}) =>
  fixture.post(
    "telemetry",
    buildBatch(fixture.nowSeconds(), {
      programs: [{ appId: APP, versionCode: 1, minutes: [buildMinute(at, { denials: causes.map(denial) })] }],
      applied: { epoch: 1, keyset: 1, platform: 0, programs: {}, ...applied },
    }),
    accessToken,
  );
const seen = async () => {
  const rows = await fixture.store.db.select().from(seenCauses).orderBy(seenCauses.cause);
  return rows.map(({ cause, firstSeenAt }) => [cause, firstSeenAt.getTime()]);
};
const [A, B] = ["a".repeat(16), "b".repeat(16)];

describe("since when a cause is known", () => {
  it("is when the platform heard of it first, whatever time devices tell and however often; of what is counted together nothing is", async () => {
    const [one, other] = [await fixture.addDevice(), await fixture.addDevice()];
    const firstMs = fixture.clock.nowMs();
    expect((await tell(one.accessToken, fixture.nowSeconds(), [A, "~other"])).status).toBe(200);
    fixture.clock.advance(100);
    const secondMs = fixture.clock.nowMs();
    // A minute of before the first one was heard of.
    await tell(other.accessToken, fixture.nowSeconds() - 7200, [A, B]);
    await tell(other.accessToken, fixture.nowSeconds(), [B, A]);
    expect(await seen()).toEqual([
      [A, firstMs],
      [B, secondMs],
    ]);
    const [row] = await fixture.store.db.select().from(seenCauses).where(eq(seenCauses.cause, A));
    expect(row?.about).toEqual({ code: "HOST_NOT_ALLOWED", layer: "host", rule: null });
  });

  it("stays for as long as it is told of and 90 days more, and is then new again", async () => {
    const { accessToken } = await fixture.addDevice();
    const before = await seen();
    fixture.clock.advance(60 * DAY_SECONDS);
    const again = await fixture.addDevice();
    await tell(again.accessToken, fixture.nowSeconds(), [A]);
    fixture.clock.advance(KEPT_MS.causes / 1000 - DAY_SECONDS);
    await dropPastDays(fixture.store, fixture.ctx);
    expect(await seen()).toEqual(before.filter(([cause]) => cause === A));
    expect(accessToken).not.toBe(again.accessToken);
  });

  it("locks no row of a cause that is known already, so that nobody waits who tells of the same", async () => {
    const about = { appId: "com.example.common", denials: [denial(A)] };
    const at = new Date(fixture.clock.nowMs());
    for (let nth = 0; nth < 2; nth += 1) {
      await fixture.store.transaction((tx) => noteCauses(tx, gatherCauses([{ minutes: [about], at }])));
    }
    const locked = await fixture.store.db
      .select({ by: sql<string>`xmax::text` })
      .from(seenCauses)
      .where(eq(seenCauses.appId, about.appId));
    expect(locked).toEqual([{ by: "0" }]);
  });

  it("is noted of a thousand new ones of a program a day, so that no device fills the table", async () => {
    const at = new Date(fixture.clock.nowMs());
    const note = (appId: string, from: number, count: number) =>
      fixture.store.transaction((tx) => {
        const denials = Array.from({ length: count }, (_, nth) => denial((from + nth).toString(16).padStart(16, "0")));
        return noteCauses(tx, gatherCauses([{ minutes: [{ appId, denials }], at }]));
      });
    for (const from of [0, 600, 1200, 1800]) await note("com.example.flood", from, 600);
    await note("com.example.burst", 0, 1500);
    await note("com.example.quiet", 0, 3);
    const rows = await fixture.store.db.select().from(seenCauses);
    expect(rows.filter(({ appId }) => appId === "com.example.flood")).toHaveLength(1000);
    expect(rows.filter(({ appId }) => appId === "com.example.burst")).toHaveLength(1000);
    expect(rows.filter(({ appId }) => appId === "com.example.quiet")).toHaveLength(3);
  });
});

describe("how long a decision took to devices", () => {
  const publish = async (changeSetId: string | null): Promise<Position> => {
    const { platform } = await fixture.store.transaction((tx) =>
      publishDocuments(tx, fixture.ctx, { appIds: [], platform: true, changeSetId, narrows: false }),
    );
    return platform;
  };
  const kept = async ({ epoch, revision }: Position) => {
    const rows = await fixture.store.db.select().from(appliedRevisions).where(eq(appliedRevisions.revision, revision));
    return rows
      .filter((row) => row.epoch === epoch)
      .map((row) => ({
        devices: row.devices,
        lastAt: row.lastAt.getTime(),
        half: quantileOf(unpackHistogram(row.delays), 0.5),
      }));
  };

  it("is counted once a device, when it says so first; what it applies later changes nothing of it", async () => {
    const [one, two] = [await fixture.addDevice(), await fixture.addDevice()];
    fixture.clock.advance(10);
    const first = await publish("cs_first");
    fixture.clock.advance(2);
    const applied = { epoch: first.epoch, platform: first.revision };
    for (const { accessToken } of [one, one, two]) await tell(accessToken, fixture.nowSeconds(), [], applied);
    const asCounted = [{ devices: 2, lastAt: fixture.clock.nowMs(), half: expect.closeTo(2000, -2) }];
    expect(await kept(first)).toEqual(asCounted);
    fixture.clock.advance(200);
    const later = [await publish("cs_second"), await publish(null), await publish("cs_third")] as const;
    fixture.clock.advance(1);
    const newest = { epoch: later[2].epoch, platform: later[2].revision };
    await tell(one.accessToken, fixture.nowSeconds(), [], newest);
    expect(await kept(first)).toEqual(asCounted);
    // What was only signed anew is no decision.
    expect(await kept(later[1])).toEqual([]);
    for (const position of [later[0], later[2]]) expect(await kept(position)).toMatchObject([{ devices: 1 }]);
    // A batch that was delayed takes nothing back, and adds nothing.
    await tell(one.accessToken, fixture.nowSeconds(), [], applied);
    expect(await kept(first)).toEqual(asCounted);
  });

  it("is nobody's who was enrolled after it, and of the first device that was away it is when that came back", async () => {
    const away = await fixture.addDevice();
    fixture.clock.advance(10);
    const position = await publish("cs_away");
    fixture.clock.advance(300);
    const late = await fixture.addDevice();
    const applied = { epoch: position.epoch, platform: position.revision };
    await tell(late.accessToken, fixture.nowSeconds(), [], applied);
    expect(await kept(position)).toEqual([]);
    await tell(away.accessToken, fixture.nowSeconds(), [], applied);
    expect(await kept(position)).toEqual([
      { devices: 1, lastAt: fixture.clock.nowMs(), half: expect.closeTo(300_000, -4.5) },
    ]);
    const known = await fixture.store.db.select().from(devices);
    expect(known.filter(({ appliedPlatform }) => appliedPlatform === position.revision)).toHaveLength(2);
  });
});
