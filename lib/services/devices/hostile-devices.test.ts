import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { devices, documents } from "@/db/schema";
import { insertRows } from "@/db/write-rows";
import { deviceListSchema, deviceViewSchema } from "@/lib/contracts/devices";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { cursorsOf, GREAT, MOST, TEXTS } from "../testing/hostile-values";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { countLostSamples } from "./count-lost";
import { getDevice, listDevices } from "./list-devices";
import { countInField, readSpread } from "./spread";

const FLEET = 1_000;
const NEW = { epoch: 2, revision: 1 };

let fixture: ServiceFixture;
let auditor: PersonActor;

type Row = typeof devices.$inferInsert;
const deviceOf = (id: string, more: Partial<Row> = {}): Row => ({
  ...{ id, name: id, publicJwk: KEY_ONE, thumbprint: id, runtimeKind: "linux", runtimeVersion: "0.1.0" },
  ...{ runtimeLayers: [], discarded: {}, enrolledAt: new Date(0), lastSeenAt: new Date(fixture.clock.nowMs()) },
  ...more,
});
const applied = (appliedEpoch: number, appliedPlatform: number) => ({ appliedEpoch, appliedPlatform });

const HOSTILE: Record<string, () => Partial<Row>> = {
  dev_text: () => ({
    name: TEXTS.control,
    runtimeVersion: TEXTS.rightToLeft,
    runtimeLayers: [{ name: TEXTS.rightToLeft, active: false, reason: TEXTS.long }],
    discarded: { [TEXTS.control]: 1 },
    appliedPrograms: { [TEXTS.pattern]: MOST },
  }),
  dev_long: () => ({ name: TEXTS.long }),
  dev_pattern: () => ({ name: TEXTS.pattern }),
  dev_numbers: () => ({
    ...applied(MOST, MOST),
    discarded: { full: MOST, late: MOST, again: 1 },
    clamped: MOST,
    rejected: MOST,
  }),
  // As older releases and damaged rows may hold them: nothing that a number is reckoned of is one.
  dev_odd: () => ({
    ...applied(-1, -(2 ** 40)),
    discarded: { full: "NaN", late: null, more: -5, deep: { full: 7 } } as never,
    runtimeLayers: [{}, { name: 7, active: "false" }, { active: false }] as never,
    clamped: -3,
  }),
  dev_list: () => ({ discarded: [1, 2] as never }),
  dev_half: () => ({ appliedEpoch: NEW.epoch }),
  dev_future: () => ({ lastSeenAt: new Date(8_640_000_000_000), enrolledAt: new Date(8_640_000_000_000) }),
};

beforeAll(async () => {
  fixture = await openServiceFixture();
  auditor = await fixture.person("auditor");
  const { store, ids } = fixture.ctx;
  const copied = await newestDocument(store.db, "platform", "");
  if (copied === null) throw new Error("nothing was published");
  const rows = Array.from({ length: FLEET }, (_, nth) =>
    deviceOf(`dev_${nth}`, nth % 2 ? applied(1, 57) : applied(2, 1)),
  );
  await store.transaction(async ({ db }) => {
    for (const position of [{ epoch: 1, revision: 57 }, NEW]) {
      await db.insert(documents).values({ ...copied, ...position, id: ids.next("document") });
    }
    await insertRows(db, devices, rows);
    await db.insert(devices).values(Object.entries(HOSTILE).map(([id, more]) => deviceOf(id, more())));
    await db
      .insert(devices)
      .values(
        GREAT.map((number) => deviceOf(`dev_great_${number}`, { ...applied(1, number), name: `great ${number}` })),
      );
  });
});
afterAll(() => fixture.close());

const list = (query: Parameters<typeof listDevices>[2]) => listDevices(fixture.ctx, auditor, query);

describe("the list of devices, of whatever they tell", () => {
  test("gives each row on one page by its own cursors, as the contract says", async () => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = deviceListSchema.parse(await list(cursor === undefined ? {} : { cursor }));
      seen.push(...page.items.map(({ id }) => id));
      expect(page.total).toBe(FLEET + Object.keys(HOSTILE).length + GREAT.length);
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(FLEET + Object.keys(HOSTILE).length + GREAT.length);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("compares revisions of an older epoch with nothing of a newer one, however great they are", async () => {
    const great = await list({ q: "great" });
    expect(great.items.map(({ state }) => state)).toEqual(GREAT.map(() => "behind"));
    expect(great.items.map(({ appliedPlatform }) => appliedPlatform?.revision).sort()).toEqual([...GREAT].sort());
    const stateOf = async (id: string) => (await getDevice(fixture.ctx, auditor, id)).state;
    expect(await stateOf("dev_numbers")).toBe("current");
    expect(await stateOf("dev_odd")).toBe("behind");
    expect(await stateOf("dev_half")).toBe("behind");
    const counts = (await list({})).counts;
    const all = FLEET + Object.keys(HOSTILE).length + GREAT.length;
    expect(counts).toMatchObject({ enrolled: all, current: FLEET / 2 + 1, stale: 0, degraded: 2 });
    expect(counts.behind).toBe(all - counts.current);
  });

  test("shows each one by itself as the list does", async () => {
    for (const id of Object.keys(HOSTILE)) {
      const one = deviceViewSchema.parse(await getDevice(fixture.ctx, auditor, id));
      expect((await list({ q: id })).items.find((row) => row.id === id)).toEqual(one);
    }
    const odd = await getDevice(fixture.ctx, auditor, "dev_odd");
    expect([odd.runtime.missingLayers, odd.leftOut]).toEqual([[{ name: "unnamed", reason: null }], []]);
    const text = await getDevice(fixture.ctx, auditor, "dev_text");
    expect(text.runtime.missingLayers).toEqual([{ name: TEXTS.rightToLeft, reason: TEXTS.long }]);
    expect(text.leftOut).toEqual([{ reason: TEXTS.control, count: 1 }]);
  });

  test("takes what is searched for as text", async () => {
    const found = async (query: Parameters<typeof list>[0]) => (await list(query)).items.map(({ id }) => id);
    expect(await found({ q: "100%_\\" })).toEqual(["dev_pattern"]);
    expect(await found({ q: "%%%" })).toEqual([]);
    expect(await found({ q: "\u001b[31m" })).toEqual(["dev_text"]);
    expect(await found({ region: TEXTS.formula })).toEqual([]);
  });

  test("refuses cursors that it never gave", async () => {
    for (const cursor of cursorsOf("devices", 3)) {
      expect((await refusalOf(list({ cursor }))).code, cursor.slice(0, 80)).toBe("invalid_input");
    }
  });

  test("is nobody's of a publisher", async () => {
    const developer = await fixture.person("developer");
    expect((await refusalOf(listDevices(fixture.ctx, developer, {}))).code).toBe("forbidden");
    expect((await refusalOf(getDevice(fixture.ctx, developer, "dev_0"))).code).toBe("forbidden");
  });
});

describe("figures of the fleet", () => {
  test("stay within what a number can say, of whatever devices dropped", async () => {
    expect(await countLostSamples(fixture.ctx.store.db)).toBe(MOST);
  });

  test("count who enforces a revision by the pair, and name as many as a page shows", async () => {
    const { db } = fixture.ctx.store;
    const total = await countInField(db, fixture.clock.nowMs());
    expect(total).toBe(FLEET + Object.keys(HOSTILE).length + GREAT.length);
    const spread = await readSpread(db, NEW, fixture.clock.nowMs());
    expect([spread.reached, spread.total, spread.behind.length]).toEqual([FLEET / 2 + 1, total, 50]);
    const first = await readSpread(db, { epoch: 1, revision: 57 }, fixture.clock.nowMs());
    expect(first.reached).toBe(FLEET + 2 + GREAT.length);
    expect((await readSpread(db, { epoch: MOST, revision: MOST }, fixture.clock.nowMs())).reached).toBe(1);
  });
});
