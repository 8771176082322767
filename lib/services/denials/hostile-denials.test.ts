import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepDays } from "@/db/partitions";
import { devices, events, hourDetails, programs, telemetryMinutes } from "@/db/schema";
import { insertRows } from "@/db/write-rows";
import { denialDetailSchema, denialListSchema } from "@/lib/contracts/programs";
import { packHistogram } from "@/lib/domain/measures/histogram";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { OTHER } from "@/native/core/telemetry/other";
import { cursorsOf, GREAT, MOST, TEXTS } from "../testing/hostile-values";
import { refusalOf } from "../testing/refusal-of";
import { acknowledgeCause } from "./acknowledge";
import { getDenial } from "./get-denial";
import { listDenials } from "./list-denials";
import { type DenialFixture, HOST, openDenialFixture } from "./testing/denial-fixture";

const HOUR = 3_600_000;
/** Many more than a page shows. */
const CAUSES = 400;
const PROGRAMS = 1_000;

let world: DenialFixture;
let otherId: string;
let many: string;
let now: number;
let count = 0;

type Told = Partial<typeof events.$inferInsert> & { body?: Record<string, unknown> };

const causeOf = (nth: number) => nth.toString(16).padStart(16, "0");
const ctx = () => world.held.ctx;
const list = (query: Parameters<typeof listDenials>[2]) => listDenials(ctx(), world.auditor, query);
const get = async (id: string) => denialDetailSchema.parse(await getDenial(ctx(), world.auditor, id));

/** One record as its row stands, of a cause of its own. */
async function record({ body = {}, ...more }: Told): Promise<string> {
  count += 1;
  const cause = causeOf(0xabc_000 + count);
  const denialId = `${cause}${String(count).padStart(16, "0")}`;
  const at = new Date(now - 60_000);
  await ctx().store.transaction(({ db }) =>
    db.insert(events).values({
      ...{ deviceId: "dev_a", eventId: `evt_hostile_${count}`, at, receivedAt: at, type: "blocked_request" },
      ...{ appId: world.appId, versionCode: 2, denialId, cause, code: "HOST_NOT_ALLOWED", layer: "host", rule: null },
      ...{ body, ...more },
    }),
  );
  return denialId;
}

const hourRow = (appId: string, nth: number, more: Partial<typeof hourDetails.$inferInsert> = {}) => ({
  ...{ appId, kind: "cause" as const, name: causeOf(nth), hour: new Date(Math.floor(now / HOUR) * HOUR - HOUR) },
  ...{ versionCode: 2, programRevision: 0, allowed: 0, refused: 1 + (nth % 7), throttledMs: 0, evicted: 0, late: 0 },
  ...{
    firstAt: new Date(now - HOUR),
    lastAt: new Date(now - HOUR),
    about: { ...ABOUT, host: `h${nth % 3}.example.com` },
  },
  ...{ histogram: packHistogram(new Map()), devices: new Uint8Array() },
  ...more,
});
const ABOUT = { code: "HOST_NOT_ALLOWED", layer: "host", rule: null, port: 443, purpose: "request" };

beforeAll(async () => {
  world = await openDenialFixture();
  const { held } = world;
  now = held.clock.nowMs();
  ({ appId: otherId } = await held.program());
  ({ appId: many } = await held.program());
  const { id: publisherId } = await held.publisher();
  for (const hours of [0, 1, 2]) {
    for (const table of ["events", "hour_details"] as const)
      await keepDays(held.ctx.store, table, [now - hours * HOUR]);
  }
  await held.ctx.store.transaction(async ({ db }) => {
    await insertRows(
      db,
      programs,
      Array.from({ length: PROGRAMS }, (_, nth) => ({
        ...{
          appId: `com.example.many${nth}`,
          name: `Many ${nth}`,
          publisherId,
          createdAt: new Date(now),
          status: "active" as const,
        },
      })),
    );
    await insertRows(
      db,
      hourDetails,
      Array.from({ length: CAUSES }, (_, nth) => hourRow(many, nth)),
    );
    await insertRows(
      db,
      hourDetails,
      Array.from({ length: PROGRAMS }, (_, nth) => hourRow(`com.example.many${nth}`, nth)),
    );
  });
});
afterAll(() => world.held.close());

describe("one denial, of whatever its record holds", () => {
  test.each([
    [
      "numbers that no document has",
      { versionCode: MOST, body: { ...ABOUT, host: HOST, epoch: MOST, programRevision: MOST, platformRevision: MOST } },
    ],
    [
      "numbers past 32 bits",
      {
        versionCode: GREAT[0],
        body: { ...ABOUT, host: HOST, epoch: 1, programRevision: GREAT[0], platformRevision: GREAT[1] },
      },
    ],
    [
      "numbers that are not whole",
      { body: { ...ABOUT, host: HOST, epoch: 1.5, programRevision: -0.5, platformRevision: 2 ** 70 } },
    ],
    [
      "numbers that are text",
      { body: { ...ABOUT, host: HOST, port: "NaN", epoch: "1", programRevision: "NaN", platformRevision: [] } },
    ],
    [
      "negative numbers",
      {
        versionCode: -7,
        body: { ...ABOUT, host: HOST, port: -443, epoch: -1, programRevision: -1, platformRevision: -MOST },
      },
    ],
    ["nothing", { versionCode: null, code: null, layer: null, body: {} }],
    ["lists and objects for text", { body: { host: ["a"], port: {}, api: {}, purpose: 7, epoch: null } }],
    [
      "text that acts",
      { rule: TEXTS.control, body: { ...ABOUT, host: TEXTS.control, api: TEXTS.rightToLeft, purpose: TEXTS.formula } },
    ],
    [
      "a very long rule and host",
      {
        rule: `/${TEXTS.long}`,
        body: { ...ABOUT, host: TEXTS.long, epoch: 1, programRevision: 1, platformRevision: 1 },
      },
    ],
    [
      "a rule of the prototype",
      {
        rule: "/__proto__/constructor",
        body: { ...ABOUT, host: HOST, epoch: 1, programRevision: 1, platformRevision: 1 },
      },
    ],
    ["a code and a layer that there are not", { code: "MADE_UP", layer: "nowhere", body: { ...ABOUT, host: HOST } }],
    ["a program that there is not", { appId: "com.example.none", body: { ...ABOUT, host: HOST } }],
  ] satisfies [string, Told][])("with %s is shown as the contract says", async (_, told) => {
    const id = await record(told);
    const detail = await get(id);
    expect(detail.denialId).toBe(id);
  });

  test("proposes a rule for the host and the port that were told alone, and none that nobody can hold", async () => {
    const proposed = async (body: Record<string, unknown>) =>
      (await get(await record({ body: { ...ABOUT, ...body } }))).proposal;
    expect(await proposed({ host: "a.example.com" })).toMatchObject({ after: { host: "a.example.com", ports: [443] } });
    for (const host of ["a.example.com:80", "[::1]", "127.0.0.1", "*", "com", TEXTS.rightToLeft, "a b"]) {
      expect(await proposed({ host }), host).toBeNull();
    }
    expect(await proposed({ host: "a.example.com", port: 0 })).toBeNull();
    expect(await proposed({ host: "a.example.com", purpose: "made-up" })).toBeNull();
  });

  test("is not found by an id that nobody told, whatever that is", async () => {
    for (const id of ["", "0", "%", TEXTS.long, TEXTS.control, `${causeOf(7)}%`, "constructor"]) {
      expect((await refusalOf(getDenial(ctx(), world.auditor, id))).code).toBe("not_found");
    }
  });
});

describe("causes, of whatever was counted", () => {
  test("of which there are many are counted whole, shown by the hundred, and filtered", async () => {
    const whole = denialListSchema.parse(await list({ appId: many, range: "24h" }));
    expect([whole.causes.length, whole.causeTotal]).toEqual([100, CAUSES]);
    const times = Array.from({ length: CAUSES }, (_, nth) => 1 + (nth % 7)).reduce((sum, one) => sum + one, 0);
    expect(whole.timesTotal).toBe(times);
    const some = await list({ appId: many, range: "24h", filter: { host: "h1.example.com" } });
    expect(some.causeTotal).toBe(Math.floor((CAUSES + 1) / 3));
    expect((await list({ appId: many, range: "24h", filter: { host: "*.example.com" } })).causeTotal).toBe(CAUSES);
    expect((await list({ appId: many, range: "24h", filter: { host: "h9.example.com" } })).causeTotal).toBe(0);
  });

  test("stay within what a number can say, and of each program apart", async () => {
    const at = new Date(now - 5 * 60_000);
    const denials = [
      { cause: causeOf(1), ...ABOUT, host: "h1.example.com", count: MOST },
      { cause: OTHER, count: MOST },
    ];
    await ctx().store.transaction(({ db }) =>
      db.insert(telemetryMinutes).values(
        [world.appId, otherId].map((appId, nth) => ({
          ...{ deviceId: "dev_a", appId, versionCode: MOST - nth, at, cpuMs: MOST, memoryBytesMax: MOST },
          ...{ requests: MOST, blocked: MOST, bytesIn: MOST, bytesOut: MOST, inFlightMax: MOST, throttledMs: MOST },
          ...{
            crashes: MOST,
            apis: {},
            hosts: [],
            denials: nth === 0 ? [...denials, ...denials] : denials.slice(0, 1),
          },
        })),
      ),
    );
    // What hours hold may be the greatest there is; a device-minute is held to what it can have been.
    await ctx().store.transaction(({ db }) =>
      insertRows(
        db,
        hourDetails,
        [1, 2].map((versionCode) => hourRow(world.appId, 1, { versionCode, refused: MOST, allowed: MOST })),
      ),
    );
    const mine = denialListSchema.parse(await list({ appId: world.appId, range: "24h" }));
    expect(mine.timesTotal).toBe(MOST);
    expect(mine.causes.map(({ cause, times }) => [cause, times])).toContainEqual([causeOf(1), MOST]);
    const others = await list({ appId: otherId, range: "24h" });
    expect(others.causes.map(({ cause, devices: on }) => [cause, on])).toEqual([[causeOf(1), 1]]);
    expect(others.timesTotal).toBeLessThan(2 ** 32);
    expect(others.items).toEqual([]);
    // The same cause of another program: its count, its acknowledgement and its records are its own.
    expect((await list({ appId: many, range: "24h", cause: causeOf(1) })).causes).toMatchObject([
      { times: 2, acknowledged: null },
    ]);
    expect((await refusalOf(list({ appId: "com.example.none", range: "24h" }))).code).toBe("not_found");
  });

  test("of 1,000 programs stand each under its own", async () => {
    const one = await list({ appId: "com.example.many999", range: "24h" });
    expect(one.causes.map(({ cause }) => cause)).toEqual([causeOf(999)]);
  });

  test("that were not seen apart are nobody's to acknowledge", async () => {
    const acknowledge = (appId: string, cause: string) =>
      refusalOf(acknowledgeCause(ctx(), world.operator, { appId, cause, reason: "Because." }));
    for (const cause of [causeOf(1), OTHER, "", "%", TEXTS.long]) {
      expect((await acknowledge(otherId, cause)).code).toBe("not_found");
    }
  });

  test("are filtered by what fits nothing without a fault", async () => {
    for (const text of [TEXTS.formula, TEXTS.pattern, TEXTS.long, "*", ""]) {
      const filter = { host: text };
      expect(await list({ appId: many, range: "14d", filter })).toMatchObject({ causes: [], causeTotal: 0, items: [] });
    }
  });
});

test("the list of denials refuses cursors that it never gave", async () => {
  for (const cursor of cursorsOf("denials", 3)) {
    expect((await refusalOf(list({ range: "24h", cursor }))).code, cursor.slice(0, 80)).toBe("invalid_input");
  }
});

test("what a wildcard lets through is mended, in whichever epoch it is told of", async () => {
  const { appId } = world;
  const id = await world.tell({ refused: 3 });
  expect((await get(id)).effect).toMatchObject({ state: "refused" });
  await world.decide({ [`program:${appId}/host:new`]: { host: "*.example.com", ports: [443], purposes: ["request"] } });
  await world.tell({ allowed: 5 });
  expect(await get(id)).toMatchObject({
    effect: { state: "allowed", stillRefused: [] },
    decidedBy: { wasEverListed: true },
  });
  // Of a later epoch, in which revisions began anew, and of one that never was.
  for (const epoch of [2, MOST]) {
    const later = await world.tell({ refused: 1, applied: { epoch, platform: 1, program: 1 } });
    expect((await get(later)).programPosition).toEqual({ epoch, revision: 1 });
  }
});

test("a revoked device's records stand in no list, and each by its own id still", async () => {
  const id = await record({ deviceId: "dev_gone", body: { ...ABOUT, host: HOST } });
  const at = new Date(now);
  await ctx().store.transaction(({ db }) =>
    db.insert(devices).values({
      ...{ id: "dev_gone", name: TEXTS.rightToLeft, publicJwk: KEY_ONE, thumbprint: "gone", runtimeKind: "linux" },
      ...{ runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {}, enrolledAt: at, revokedAt: at },
    }),
  );
  const { items } = await list({ appId: world.appId, range: "24h", cause: causeOfDenial(id) });
  expect(items).toEqual([]);
  expect((await get(id)).deviceName).toBe(TEXTS.rightToLeft);
});
