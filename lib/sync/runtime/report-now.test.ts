import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import type { Announcement } from "@/db/store";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { openSyncFixture, type SyncFixture } from "../testing/sync-fixture";
import { startReportNow } from "./report-now";
import { createWatching } from "./watching";

const APP = "com.example.looked";
let held: SyncFixture;
beforeAll(async () => {
  held = await openSyncFixture();
});
afterAll(() => held.close());
beforeEach(async () => {
  await held.store.transaction((tx) => tx.db.delete(devices));
});

async function add(ids: readonly string[], more: Partial<typeof devices.$inferInsert> = {}): Promise<void> {
  const at = new Date(held.clock.nowMs());
  await held.store.transaction(({ db }) =>
    db.insert(devices).values(
      ids.map((id) => ({
        ...{ id, name: id, publicJwk: KEY_ONE, thumbprint: id.padEnd(43, "t"), runtimeKind: "linux" },
        ...{ runtimeVersion: "0.1.0", runtimeLayers: [], enrolledAt: at, lastSeenAt: at, discarded: {} },
        ...{ appliedPrograms: { [APP]: 1 }, ...more },
      })),
    ),
  );
}
const fleet = (size: number) => Array.from({ length: size }, (_, n) => `dev_${n}`);

/** Until everything that was announced before is heard: they are heard in order. */
async function untilHeard(): Promise<void> {
  const id = held.ctx.ids.next("request");
  let hear: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const stop = held.store.subscribe((announcement) => {
    if (announcement.topic === "probe" && announcement.id === id) hear();
  });
  await held.store.transaction(async (tx) => tx.announce({ topic: "probe", id }));
  await heard;
  stop();
}
async function say(announcement: Announcement): Promise<void> {
  await held.store.transaction(async (tx) => tx.announce(announcement));
  await untilHeard();
}
const look = (appId = APP) => say({ topic: "watch", watched: { appId } });

/** One process that serves devices; `pass` lets it look every quarter of a second for so long. */
function serving() {
  const asked: string[] = [];
  let tick: (() => Promise<void>) | undefined;
  const stop = startReportNow({
    store: held.store,
    reportNow: (deviceId) => asked.push(deviceId),
    clock: held.clock,
    logger: held.ctx.logger,
    repeat: (again) => {
      tick = again;
      return () => {
        tick = undefined;
      };
    },
  });
  return {
    asked,
    stop,
    isLooking: () => tick !== undefined,
    async pass(seconds: number): Promise<string[]> {
      const before = asked.length;
      for (let quarter = 0; quarter < seconds * 4; quarter += 1) {
        held.clock.advance(0.25);
        await tick?.();
      }
      return asked.slice(before);
    },
  };
}

describe("while somebody looks at a program", () => {
  it("twenty of its devices are asked every 3 s, the same twenty by every process, and nobody once the lease is over", async () => {
    await add(fleet(50));
    await add(["dev_elsewhere"], { appliedPrograms: { "com.example.other": 1 } });
    const [one, other] = [serving(), serving()];
    expect(one.isLooking()).toBe(false);
    await look();
    const first = await one.pass(4);
    expect(new Set(first).size).toBe(20);
    expect(first).not.toContain("dev_elsewhere");
    expect(new Set(await other.pass(4))).toEqual(new Set(first));
    await one.pass(22);
    expect(await one.pass(1)).toEqual([]);
    expect(one.isLooking()).toBe(false);
    one.stop();
    other.stop();
  });

  it("neither a revoked device is asked nor one that is gone, and one that was not seen lately after all others", async () => {
    await add(fleet(19));
    await add(["dev_silent"], { lastSeenAt: new Date(held.clock.nowMs() - 3_600_000) });
    await add(["dev_gone"], { lastSeenAt: new Date(held.clock.nowMs() - 90_000_000) });
    await add(["dev_revoked"], { revokedAt: new Date(held.clock.nowMs()) });
    const process = serving();
    await look();
    expect(new Set(await process.pass(4))).toEqual(new Set([...fleet(19), "dev_silent"]));
    await add(["dev_late"]);
    await process.pass(7);
    expect(new Set(await process.pass(4))).toEqual(new Set([...fleet(19), "dev_late"]));
    process.stop();
  });

  it("a device of its own is asked, whichever program it runs", async () => {
    await add(fleet(3), { appliedPrograms: null });
    const process = serving();
    await say({ topic: "watch", watched: { deviceId: "dev_1" } });
    expect(new Set(await process.pass(4))).toEqual(new Set(["dev_1"]));
    process.stop();
  });

  it("nobody is asked while load raises the time between reports, and everybody again after it", async () => {
    await add(fleet(2));
    const process = serving();
    await look();
    await say({ topic: "reporting", from: "prc_1", everySeconds: 240 });
    expect(await process.pass(4)).toEqual([]);
    await say({ topic: "reporting", from: "prc_1", everySeconds: null });
    expect(new Set(await process.pass(4)).size).toBe(2);
    process.stop();
  });

  it("fifty a second are asked at most, whatever is looked at", async () => {
    const apps = Array.from({ length: 50 }, (_, n) => `com.example.p${n}`);
    for (const appId of apps) {
      await add(
        Array.from({ length: 20 }, (_, n) => `dev_${appId}_${n}`),
        { appliedPrograms: { [appId]: 1 } },
      );
    }
    const process = serving();
    for (const appId of apps) await look(appId);
    for (let second = 0; second < 20; second += 1) expect((await process.pass(1)).length).toBeLessThanOrEqual(51);
    expect(new Set(process.asked).size).toBe(1000);
    process.stop();
  });

  it("a store that cannot be read costs what was chosen before nothing", async () => {
    await add(fleet(2));
    const broken = {
      ...held.store,
      in: () => {
        throw new Error("away");
      },
    };
    const asked: string[] = [];
    let tick: (() => Promise<void>) | undefined;
    const stop = startReportNow({
      ...{ store: broken, reportNow: (id: string) => asked.push(id), clock: held.clock, logger: held.ctx.logger },
      repeat: (again) => {
        tick = again;
        return () => undefined;
      },
    });
    await look();
    await tick?.();
    expect(held.logged).toContain("warn report_devices_unread");
    stop();
  });
});

describe("a page that is looked at", () => {
  const heard = async (work: () => Promise<unknown>) => {
    const topics: string[] = [];
    const stop = held.store.subscribe((announcement) => topics.push(announcement.topic));
    await work();
    await untilHeard();
    stop();
    return topics.filter((topic) => topic === "watch").length;
  };

  it("is told to every process once in 10 s, however many sessions look and however often", async () => {
    const watching = createWatching(held.store, held.clock);
    const often = async () => {
      for (let n = 0; n < 20; n += 1) expect(await watching.look({ appId: APP }, `ses_${n}`)).toBe(true);
    };
    expect(await heard(often)).toBe(1);
    held.clock.advance(10);
    expect(await heard(often)).toBe(1);
  });

  it("is told to nobody beyond a session's share, and while load raises the time between reports", async () => {
    const watching = createWatching(held.store, held.clock);
    const many = async () => {
      for (let n = 0; n < 100; n += 1) await watching.look({ appId: `com.example.p${n}` }, "ses_hostile");
    };
    expect(await heard(many)).toBe(4);
    await say({ topic: "reporting", from: "prc_1", everySeconds: 240 });
    expect(watching.everySeconds()).toBe(240);
    const fresh = () => watching.look({ appId: "com.example.fresh" }, "ses_other");
    expect(await heard(async () => expect(await fresh()).toBe(false))).toBe(0);
  });
});
