import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepDays } from "@/db/partitions";
import { deviceMinutes, devices, events, telemetryMinutes, versions } from "@/db/schema";
import type { CauseFilter } from "@/lib/contracts/programs";
import type { Labels } from "@/lib/domain/labels";
import { PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import { foldMinutes } from "@/lib/sync/telemetry/fold-minutes";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { OTHER } from "@/native/core/telemetry/other";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { getDenial } from "../denials/get-denial";
import { listDenials } from "../denials/list-denials";
import { approveSubmission } from "../submissions/approve-submission";
import { submitBundle } from "../submissions/submit-bundle";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { getProgram } from "./get-program";
import { listLimits } from "./list-limits";
import { listPrograms } from "./list-programs";
import { listVersions } from "./list-versions";
import { readAccess } from "./read-access";
import { readTelemetry } from "./read-telemetry";
import { registerProgram } from "./register-program";

/** 12:00 of a day; what devices told half an hour, an hour and two days before. */
const MINUTE = 60_000;
const DAY = 86_400_000;
const HOST_CAUSE = "a".repeat(16);
const GRANT_CAUSE = "b".repeat(16);
const OLD_CAUSE = "c".repeat(16);

let fixture: ServiceFixture;
let auditor: PersonActor;
let appId: string;
let now: number;

const hostDenial = { cause: HOST_CAUSE, code: "HOST_NOT_ALLOWED", layer: "host", host: "b.example.com", port: 443 };
const grantDenial = { cause: GRANT_CAUSE, code: "PERMISSION_DENIED", layer: "grant", api: "nfc.read" };

const NOTHING_DONE = { requestsInFlight: { refused: 0, throttledMs: 0, evicted: 0 } };

async function tell(
  deviceId: string,
  agoMs: number,
  more: Partial<typeof telemetryMinutes.$inferInsert>,
): Promise<void> {
  await fixture.ctx.store.transaction(({ db }) =>
    db.insert(telemetryMinutes).values({
      ...{ deviceId, appId, versionCode: 1, at: new Date(now - agoMs) },
      ...{ cpuMs: 0, memoryBytesMax: 0, requests: 0, blocked: 0, bytesIn: 0, bytesOut: 0, inFlightMax: 0 },
      ...{ throttledMs: 0, crashes: 0, apis: {}, hosts: [], denials: [], ...more },
    }),
  );
  if (isFolded) await foldAll();
}

/** Whether what devices told is in roll-ups alone, as it is two minutes later. */
let isFolded = false;
async function foldAll(): Promise<void> {
  while ((await foldMinutes(fixture.ctx.store, fixture.ctx, 1_000)) !== null);
  expect(await fixture.ctx.store.db.select().from(telemetryMinutes)).toEqual([]);
  await fixture.ctx.store.transaction(({ db }) => db.delete(deviceMinutes));
}

async function addDevice(id: string, isRevoked = false, labels: Labels = {}): Promise<void> {
  const at = new Date(now);
  await fixture.ctx.store.transaction(({ db }) =>
    db.insert(devices).values({
      ...{ id, name: `Bench ${id}`, publicJwk: KEY_ONE, thumbprint: id },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {} },
      ...{ enrolledAt: at, lastSeenAt: at, revokedAt: isRevoked ? at : null, labels },
    }),
  );
}

type Denial = { cause: string; code: string; layer: string; rule?: string };

async function record(deviceId: string, nth: number, agoMs: number, denial: Denial) {
  const at = new Date(now - agoMs);
  const denialId = `${denial.cause}${String(nth).padStart(16, "0")}`;
  const { cause, code, layer, rule = null } = denial;
  await keepDays(fixture.ctx.store, "events", [at.getTime()]);
  await fixture.ctx.store.transaction(({ db }) =>
    db.insert(events).values({
      ...{ deviceId, eventId: `evt_${nth}`, at, receivedAt: at, type: "denied_host", appId, versionCode: 1 },
      ...{ denialId, cause, code, layer, rule, body: { ...denial, purpose: "request" } },
    }),
  );
  return denialId;
}

/** The figures are the same whether device-minutes are still there or are gone into roll-ups. */
describe.each(["as told", "folded"])("traffic, %s", (how) => {
  let ids: { older: string; newer: string; grant: string };
  beforeAll(async () => {
    isFolded = how === "folded";
    fixture = await openServiceFixture();
    now = fixture.clock.nowMs();
    auditor = await fixture.person("auditor");
    const { id: publisherId } = await fixture.publisher();
    appId = "com.example.coins";
    const program = { appId, name: "Coin Jar", publisherId };
    await registerProgram(fixture.ctx, await fixture.person("operator"), program);
    await addDevice("dev_a", false, { app: "ferry", region: "eu" });
    await addDevice("dev_b", false, { app: "ferry", region: "eu_west" });
    await addDevice("dev_gone", true);
    const half = 30 * MINUTE;
    await tell("dev_a", half, {
      ...{ cpuMs: 10, memoryBytesMax: 20, requests: 10, blocked: 1, inFlightMax: 1 },
      ...{ requestsPerSecondMax: 4, storageBytesMax: 60 },
      limits: { requestsPerMinute: { refused: 2 }, cacheBytes: { refused: 1 } },
      denials: [{ ...hostDenial, count: 4, purpose: "request" }],
    });
    await tell("dev_b", half, {
      ...{ cpuMs: 30, memoryBytesMax: 60, requests: 30, blocked: 3, inFlightMax: 3, throttledMs: 50, crashes: 1 },
      requestsPerSecondMax: 6,
      // Named beside what it did: a limit that did nothing, one that has zeros, and one that made room.
      limits: { memoryBytes: { throttledMs: 50 }, requestsPerMinute: {}, cacheBytes: { evicted: 3 }, ...NOTHING_DONE },
      denials: [
        { ...hostDenial, count: 2, purpose: "request" },
        { ...grantDenial, count: 9 },
        { cause: OTHER, count: 100 },
      ],
    });
    await tell("dev_gone", half, {
      cpuMs: 9000,
      requests: 9000,
      blocked: 9000,
      denials: [{ ...hostDenial, count: 900 }],
    });
    await tell("dev_a", 2 * DAY, { requests: 5, blocked: 7, versionCode: 2 });
    for (const [versionCode, minutes] of [
      [3, 0],
      [2, 1],
    ] as const) {
      const denials = [{ ...hostDenial, cause: OLD_CAUSE, count: 1 }];
      await tell("dev_a", 3 * DAY + 120 * MINUTE - minutes * MINUTE, { versionCode, denials });
    }
    // The same cause in another part of the trend, of another device and a newer version.
    await tell("dev_b", 4 * DAY + 60 * MINUTE, {
      versionCode: 4,
      denials: [{ ...hostDenial, cause: OLD_CAUSE, count: 5 }],
    });
    ids = {
      older: await record("dev_a", 1, half, hostDenial),
      newer: await record("dev_b", 2, 20 * MINUTE, hostDenial),
      grant: await record("dev_b", 3, 10 * MINUTE, grantDenial),
    };
  });
  afterAll(() => fixture.close());

  const ask = { range: "1h" as const };

  describe("a program's telemetry", () => {
    test("has a point a minute of the hour, with the percentiles of device-minutes, and gaps where nobody reported", async () => {
      const series = await readTelemetry(fixture.ctx, auditor, appId, ask);
      expect(series).toMatchObject({ range: "1h", bucketSeconds: 60 });
      expect(series.times).toHaveLength(60);
      expect(series.times[0]).toBe(new Date(now - 59 * MINUTE).toISOString());
      expect(series.times.at(-1)).toBe(new Date(now).toISOString());
      const nth = series.times.indexOf(new Date(now - 30 * MINUTE).toISOString());
      expect(series.devices.flatMap((count, at) => (count === 0 ? [] : [[at, count]]))).toEqual([[nth, 2]]);
      const told = Object.entries(series.measures).map(([name, { p50, p95, max }]) => [
        ...[name, p50[nth], p95[nth], max[nth]],
      ]);
      expect(told).toEqual([
        ["cpuMs", 20, 29, 30],
        ["memoryBytesMax", 40, 58, 60],
        ["requests", 20, 29, 30],
        ["requestsPerSecondMax", 5, 5.9, 6],
        ["inFlightMax", 2, 2.9, 3],
        ["bridgeCallsPerSecondMax", null, null, null],
        ["storageBytesMax", 60, 60, 60],
        ["cacheBytesMax", null, null, null],
      ]);
      const counted = Object.entries(series.counts).map(([name, values]) => [name, values[nth]]);
      expect(Object.fromEntries(counted)).toMatchObject({ requests: 40, blocked: 4, throttledMs: 50, crashes: 1 });
      expect([series.measures.cpuMs.p50[0], series.counts.blocked[0], series.devices[0]]).toEqual([null, null, 0]);
      expect(series.totals).toMatchObject({ devices: 2, requests: 40, blocked: 4, crashes: 1, unlistedMinutes: 0 });
      // Of what is folded it is known when the newest minute was over, and no more.
      expect(series.newestAt).toBe(new Date(isFolded ? now - 29 * MINUTE : now).toISOString());
    });

    test.each([
      ["24h", 900, 97, 40],
      ["7d", 7200, 85, 45],
      ["14d", 14_400, 85, 45],
    ] as const)("of %s has its own width and reaches as far", async (range, bucketSeconds, points, requests) => {
      const series = await readTelemetry(fixture.ctx, auditor, appId, { range });
      expect(series.bucketSeconds).toBe(bucketSeconds);
      expect(series.times).toHaveLength(points);
      expect(series.totals.requests).toBe(requests);
    });

    test("is of one version where one is asked for", async () => {
      const of = (version: number) => readTelemetry(fixture.ctx, auditor, appId, { range: "7d", version });
      expect((await of(2)).totals).toMatchObject({ devices: 1, requests: 5, blocked: 7 });
      expect((await of(1)).totals).toMatchObject({ devices: 2, requests: 40 });
      expect((await of(9)).newestAt).toBeNull();
    });

    test.each([
      [{ region: "eu" }, 1, 10],
      [{ region: "eu_west" }, 1, 30],
      [{ app: "ferry" }, 2, 40],
      [{ app: "ferry", region: "eu" }, 1, 10],
      [{ region: "e" }, 0, 0],
      [{ region: "eu%west" }, 0, 0],
      [{ runtime: "linux" }, 2, 40],
      [{ runtime: "android" }, 0, 0],
    ] as const)("is of the devices of %j alone, by the hour", async (whose, devices, requests) => {
      const series = await readTelemetry(fixture.ctx, auditor, appId, { range: "24h", ...whose });
      expect(series.totals).toMatchObject({ devices, requests });
      expect([series.bucketSeconds, series.times.length]).toEqual([3600, 25]);
      expect(series.times.every((at) => Date.parse(at) % (60 * MINUTE) === 0)).toBe(true);
      expect(series.newestAt === null).toBe(devices === 0);
    });

    test("of one hour and a label has the hours that it touches", async () => {
      const series = await readTelemetry(fixture.ctx, auditor, appId, { range: "1h", region: "eu" });
      expect(series.times).toHaveLength(2);
      expect(series.totals.requests).toBe(10);
    });

    test("marks what was published and shows the limits that count, with a warning at three quarters", async () => {
      const { marks, limits } = await readTelemetry(fixture.ctx, auditor, appId, ask);
      expect(marks).toEqual([
        expect.objectContaining({ kind: "publish", title: expect.stringMatching(/^Published by/) }),
      ]);
      const { cpuMsPerMinute } = PLATFORM_DEFAULTS.limits;
      const { max, warn = Math.floor(max * 0.75) } = cpuMsPerMinute as { max: number; warn?: number };
      expect(limits.cpuMsPerMinute).toEqual({ warn, max });
    });
  });

  describe("what nobody registered", () => {
    test.each([
      ["limits", () => listLimits(fixture.ctx, auditor, "com.example.none", ask)],
      ["telemetry", () => readTelemetry(fixture.ctx, auditor, "com.example.none", ask)],
      ["access", () => readAccess(fixture.ctx, auditor, "com.example.none", undefined)],
      ["head", () => getProgram(fixture.ctx, auditor, "com.example.none")],
    ])("has no %s", async (_, read) => {
      expect((await refusalOf(read())).code).toBe("not_found");
    });
  });

  describe("a program's limits", () => {
    test("stand beside what device-minutes used, and the share of devices that each held back", async () => {
      const { rows, devices: told } = await listLimits(fixture.ctx, auditor, appId, ask);
      expect(told).toBe(2);
      const of = (name: string) => rows.find((row) => row.name === name);
      expect(of("cpuMsPerMinute")).toMatchObject({
        source: "platform",
        member: `program:${appId}/limit:cpuMsPerMinute`,
        value: null,
        platformValue: PLATFORM_DEFAULTS.limits.cpuMsPerMinute,
        requested: null,
        observed: { p50: 20, p95: 29, max: 30 },
        ...{ heldBackDevices: 0, heldBackDeviceShare: 0, heldBack: null },
      });
      expect(of("memoryBytes")).toMatchObject({
        observed: { p50: 40, max: 60 },
        ...{ heldBackDevices: 1, heldBackDeviceShare: 0.5, heldBack: { refused: 0, throttledMs: 50 } },
      });
      // It slows nobody down and refuses: that device was held back all the same.
      expect(of("requestsPerMinute")).toMatchObject({
        ...{ heldBackDevices: 1, heldBackDeviceShare: 0.5, heldBack: { refused: 2, throttledMs: 0, sinceVersion: 1 } },
      });
      expect(of("cacheBytes")).toMatchObject({
        ...{ heldBackDevices: 1, heldBackDeviceShare: 0.5, heldBack: { refused: 1, evicted: 3 } },
      });
      expect(of("requestsInFlight")).toMatchObject({ heldBackDevices: 0, heldBack: null });
      expect(of("requestsPerMinute")?.observed).toMatchObject({ max: 30 });
      expect(of("requestsInFlight")?.observed).toMatchObject({ p50: 2, max: 3 });
      expect(of("requestsPerSecond")?.observed).toMatchObject({ p50: 5, max: 6 });
      expect(of("storageBytes")?.observed).toMatchObject({ p50: 60, max: 60 });
      expect(of("bridgeCallsPerSecond")?.observed).toBeNull();
      const { rows: none } = await listLimits(fixture.ctx, auditor, appId, { range: "1h", version: 9 });
      expect(none.find((row) => row.name === "cpuMsPerMinute")).toMatchObject({
        observed: null,
        ...{ heldBackDevices: 0, heldBackDeviceShare: null, heldBack: null },
      });
    });
  });

  test("the list of programs has a day of traffic and fourteen days of what was blocked", async () => {
    const { items, total } = await listPrograms(fixture.ctx, auditor, { q: appId.toUpperCase() });
    expect(total).toBe(1);
    expect(items).toMatchObject([
      { appId, status: "active", liveVersion: null, devices24h: 2, requests24h: 40, blocked24h: 4 },
    ]);
    expect(items[0]?.blocked14d).toEqual([...new Array(11).fill(0), 7, 0, 4]);
    expect((await listPrograms(fixture.ctx, auditor, { q: "coin j" })).total).toBe(1);
    expect((await listPrograms(fixture.ctx, auditor, { q: "publisher" })).total).toBe(1);
    expect((await listPrograms(fixture.ctx, auditor, { q: "%" })).items).toEqual([]);
    expect((await listPrograms(fixture.ctx, auditor, { status: "retired" })).items).toEqual([]);
    expect(await getProgram(fixture.ctx, auditor, appId)).toMatchObject({ appId, blocked24h: 4 });
    expect((await refusalOf(getProgram(fixture.ctx, auditor, "com.example.nowhere"))).code).toBe("not_found");
  });

  describe("denials", () => {
    test("have causes with the true counts of device-minutes, the most frequent first, those that are not told apart last, without revoked devices", async () => {
      const { causes, causeTotal, timesTotal } = await listDenials(fixture.ctx, auditor, { appId, range: "24h" });
      expect([causeTotal, timesTotal]).toEqual([2, 9 + 6 + 100]);
      expect((await getProgram(fixture.ctx, auditor, appId)).denialCauses24h).toBe(2);
      expect(causes).toEqual([
        {
          cause: GRANT_CAUSE,
          ...{ code: "PERMISSION_DENIED", layer: "grant", rule: null, target: "nfc.read", purpose: null },
          ...{ sinceVersion: 1, times: 9, devices: 1, newestDenialId: ids.grant },
          firstAt: new Date(now - 30 * MINUTE).toISOString(),
          lastAt: new Date(now - 10 * MINUTE).toISOString(),
          ...{ mended: null, acknowledged: null },
          trend: [...new Array(12).fill(0), 9, 0],
        },
        {
          cause: HOST_CAUSE,
          ...{ code: "HOST_NOT_ALLOWED", layer: "host", rule: null, target: "b.example.com:443", purpose: "request" },
          ...{ sinceVersion: 1, times: 6, devices: 2, newestDenialId: ids.newer },
          firstAt: new Date(now - 30 * MINUTE).toISOString(),
          lastAt: new Date(now - 20 * MINUTE).toISOString(),
          ...{ mended: null, acknowledged: null },
          trend: [...new Array(12).fill(0), 6, 0],
        },
        {
          cause: OTHER,
          ...{ code: "", layer: "", rule: null, target: "unknown", purpose: null },
          ...{ sinceVersion: 1, times: 100, devices: 1, newestDenialId: null },
          firstAt: new Date(now - 30 * MINUTE).toISOString(),
          lastAt: new Date(now - 30 * MINUTE).toISOString(),
          ...{ mended: null, acknowledged: null },
          trend: [...new Array(12).fill(0), 100, 0],
        },
      ]);
      const one = await listDenials(fixture.ctx, auditor, { appId, range: "24h", cause: HOST_CAUSE });
      expect(one.causes.map(({ cause }) => cause)).toEqual([HOST_CAUSE]);
      expect(one.items.map(({ denialId }) => denialId)).toEqual([ids.newer, ids.older]);
      expect((await listDenials(fixture.ctx, auditor, { appId, range: "24h", version: 2 })).causes).toEqual([]);
      const old = { appId, range: "7d", cause: OLD_CAUSE } as const;
      expect((await listDenials(fixture.ctx, auditor, old)).causes).toMatchObject([
        {
          ...{ times: 7, devices: 2, sinceVersion: 2, newestDenialId: null },
          firstAt: new Date(now - 4 * DAY - 60 * MINUTE).toISOString(),
          lastAt: new Date(now - 3 * DAY - 119 * MINUTE).toISOString(),
          trend: [0, 0, 0, 0, 0, 5, 0, 2, 0, 0, 0, 0, 0, 0],
        },
      ]);
      expect((await listDenials(fixture.ctx, auditor, { ...old, version: 3 })).causes).toMatchObject([{ times: 1 }]);
    });

    test("are filtered by what their causes are about, counts and single records alike", async () => {
      const filtered = async (filter: CauseFilter) => {
        const list = await listDenials(fixture.ctx, auditor, { appId, range: "24h", filter });
        const told = list.causes.reduce((sum, { times }) => sum + times, 0);
        expect(list.timesTotal).toBe(told);
        return [list.causes.map(({ cause }) => cause), list.items.map(({ denialId }) => denialId)];
      };
      const ofHost = [[HOST_CAUSE], [ids.newer, ids.older]];
      expect(await filtered({ code: "HOST_NOT_ALLOWED" })).toEqual(ofHost);
      expect(await filtered({ host: "b.example.com" })).toEqual(ofHost);
      expect(await filtered({ host: "*.example.com", code: "HOST_NOT_ALLOWED" })).toEqual(ofHost);
      expect(await filtered({ code: "PERMISSION_DENIED" })).toEqual([[GRANT_CAUSE], [ids.grant]]);
      // A `*` stands for one label, and a filter that fits nothing hides all.
      expect(await filtered({ host: "*.com" })).toEqual([[], []]);
      expect(await filtered({ code: "PERMISSION_DENIED", host: "b.example.com" })).toEqual([[], []]);
      expect(await filtered({ purpose: "upload" })).toEqual([[], []]);
    });

    test("are listed one by one, newest first, with the names of program and device", async () => {
      const { items, nextCursor } = await listDenials(fixture.ctx, auditor, { appId, range: "1h" });
      expect(nextCursor).toBeNull();
      expect(items.map(({ denialId }) => denialId)).toEqual([ids.grant, ids.newer, ids.older]);
      expect(items[1]).toMatchObject({
        programName: "Coin Jar",
        deviceName: "Bench dev_b",
        target: "b.example.com:443",
      });
    });

    test("are explained with their counts, the others of the cause, and the change that would allow it", async () => {
      expect(await getDenial(fixture.ctx, auditor, ids.older)).toMatchObject({
        ...{ denialId: ids.older, times: 6, devices: 2, decidedBy: null },
        similar: [{ denialId: ids.newer }],
        proposal: {
          member: `program:${appId}/host:new`,
          after: { host: "b.example.com", ports: [443], purposes: ["request"] },
        },
      });
      expect(await getDenial(fixture.ctx, auditor, ids.grant)).toMatchObject({
        ...{ times: 9, devices: 1, similar: [] },
        proposal: { member: `program:${appId}/grant:nfc.read`, after: { consent: "ask" } },
      });
      // Sampled away: its cause still finds what happened.
      const unknown = `${HOST_CAUSE}${"f".repeat(16)}`;
      expect(await getDenial(fixture.ctx, auditor, unknown)).toMatchObject({ denialId: ids.newer, times: 6 });
      expect((await refusalOf(getDenial(fixture.ctx, auditor, "f".repeat(32)))).code).toBe("not_found");
    });
  });

  test("a cause is as old as the oldest version that met it, in whatever part of the trend", async () => {
    for (const [cause, earlier, later] of [
      ["1".repeat(16), 5, 6],
      ["2".repeat(16), 6, 5],
    ] as const) {
      const denials = [{ ...hostDenial, cause, count: 1 }];
      await tell("dev_a", 6 * DAY - MINUTE * earlier, { versionCode: earlier, denials });
      await tell("dev_b", 2 * DAY - MINUTE * later, { versionCode: later, denials });
      const { causes } = await listDenials(fixture.ctx, auditor, { appId, range: "7d", cause });
      expect(causes).toMatchObject([{ times: 2, sinceVersion: 5 }]);
    }
  });

  test("what was denied before a range began is not in it", async () => {
    const before = { ...hostDenial, cause: "3".repeat(16) };
    await record("dev_a", 200, 60 * MINUTE + 2000, before);
    // Of the last hour all since the whole hour that it begins in.
    await record("dev_a", 203, 120 * MINUTE, before);
    const count = async (range: "1h" | "24h") =>
      (await listDenials(fixture.ctx, auditor, { appId, range, cause: before.cause })).items.length;
    expect([await count("1h"), await count("24h")]).toEqual([0, 2]);

    const { denialCauses24h } = await getProgram(fixture.ctx, auditor, appId);
    const tellOf = (cause: string, agoMs: number) =>
      tell("dev_a", agoMs, { denials: [{ ...before, cause, count: 1 }] });
    await tellOf("4".repeat(16), DAY + MINUTE);
    expect((await getProgram(fixture.ctx, auditor, appId)).denialCauses24h).toBe(denialCauses24h);
    await tellOf("5".repeat(16), DAY - MINUTE);
    expect((await getProgram(fixture.ctx, auditor, appId)).denialCauses24h).toBe(denialCauses24h + 1);
  });

  test("a grant is proposed only against a denial for want of one: not where a grant refused, nor where another check did", async () => {
    const proposalFor = async (nth: number, denial: object) => {
      const cause = nth.toString(16).padStart(16, "6");
      const id = await record("dev_a", nth, MINUTE, { ...grantDenial, ...denial, cause });
      return (await getDenial(fixture.ctx, auditor, id)).proposal;
    };
    expect(await proposalFor(300, { rule: "/grants/nfc.read" })).toBeNull();
    expect(await proposalFor(301, { layer: "version" })).toBeNull();
    expect(await proposalFor(302, { code: "CONSENT_DENIED" })).toBeNull();
    expect(await proposalFor(303, {})).toMatchObject({ after: { consent: "ask" } });
  });

  test("a version is listed with when it was, and how many devices ran it within a day", async () => {
    const { ctx } = fixture;
    const { appId: other, publisher } = await fixture.program();
    const bundle = (code: number) => fixture.bundle(publisher, { appId: other, code });
    const { submissionId } = await submitBundle(ctx, publisher.actor, bundle(1));
    await approveSubmission(ctx, await fixture.person("operator"), submissionId, { reason: "" });
    await submitBundle(ctx, publisher.actor, bundle(2));
    await tell("dev_a", 30 * MINUTE, { appId: other, versionCode: 1 });
    const { items } = await listVersions(ctx, auditor, other);
    expect(items).toMatchObject([
      { code: 2, state: "submitted", listedAt: null, devices24h: 0 },
      { code: 1, state: "listed", listedAt: new Date(fixture.clock.nowMs()).toISOString(), devices24h: 1 },
    ]);
  });

  test("telemetry marks a change of status as such, whatever else its change set says, and a version when it was listed", async () => {
    const { ctx } = fixture;
    const { appId: other, publisher } = await fixture.program();
    const { submissionId } = await submitBundle(
      ctx,
      publisher.actor,
      fixture.bundle(publisher, { appId: other, code: 7 }),
    );
    await approveSubmission(ctx, await fixture.person("operator"), submissionId, { reason: "" });
    const changes = [
      { member: `program:${other}/limit:cpuMsPerMinute`, after: { max: 1, action: "throttle" as const } },
      { member: `program:${other}/status`, after: "suspended" },
      { member: `program:${other}/limit:memoryBytes`, after: { max: 1, action: "kill" as const } },
    ];
    const { id } = await narrowAtOnce(ctx, await fixture.person("security"), { changes, reason: "It phones home." });
    const { marks, totals, newestAt } = await readTelemetry(ctx, auditor, other, ask);
    expect(marks.filter(({ changeSetId }) => changeSetId === id).map(({ kind }) => kind)).toEqual(["suspension"]);
    const operator = await fixture.person("operator");
    const lift = await fixture.draft(operator, { [`program:${other}/status`]: "active" });
    const reason = { reason: "It was a mistake." };
    await proposeChangeSet(ctx, operator, lift.id, reason);
    await approveChangeSet(ctx, await fixture.person("security"), lift.id, reason);
    await publishChangeSet(ctx, operator, lift.id);
    const after = await readTelemetry(ctx, auditor, other, ask);
    expect(after.marks.filter(({ changeSetId }) => changeSetId === lift.id).map(({ kind }) => kind)).toEqual(["lift"]);
    expect(marks.filter(({ kind }) => kind === "version")).toEqual([
      { at: new Date(fixture.clock.nowMs()).toISOString(), kind: "version", title: "v7 live", changeSetId: null },
    ]);
    expect({ totals, newestAt }).toMatchObject({ totals: { devices: 0, requests: 0, blocked: 0 }, newestAt: null });
  });

  describe("what a version may do", () => {
    test("is shown of the newest one where none is live", async () => {
      const { appId: other, publisher } = await fixture.program();
      for (const code of [1, 2]) {
        await submitBundle(fixture.ctx, publisher.actor, fixture.bundle(publisher, { appId: other, code }));
      }
      expect((await readAccess(fixture.ctx, auditor, other, undefined)).versionCode).toBe(2);
    });

    test("has a wish that no rule grants whole, and of hosts that were asked for in vain fifty", async () => {
      const { ctx } = fixture;
      const { appId: other, publisher } = await fixture.program();
      await submitBundle(ctx, publisher.actor, fixture.bundle(publisher, { appId: other, code: 1 }));
      const wish = {
        host: "half.example.com",
        ports: [443],
        purposes: ["request", "upload"],
        reason: "It counts there.",
      };
      await ctx.store.transaction(({ db }) =>
        db
          .update(versions)
          .set({ manifest: { bulkhead_network: [wish] } })
          .where(eq(versions.appId, other)),
      );
      const [operator, security] = [await fixture.person("operator"), await fixture.person("security")];
      const half = { host: wish.host, ports: wish.ports, purposes: ["request"] };
      const { id } = await fixture.draft(operator, { [`program:${other}/host:new`]: half });
      await proposeChangeSet(ctx, operator, id, { reason: "Half of it." });
      await approveChangeSet(ctx, security, id, { reason: "" });
      await publishChangeSet(ctx, operator, id);
      const hosts = Array.from({ length: 51 }, (_, nth) => ({
        ...{ host: `h${nth}.example.org`, port: 443, purpose: "request", allowed: 0, blocked: 1 },
      }));
      await tell("dev_a", 30 * MINUTE, { appId: other, versionCode: 1, hosts: hosts as never });
      const { rows } = await readAccess(ctx, auditor, other, undefined);
      expect(rows.filter(({ name }) => name === wish.host).map(({ member }) => member !== null)).toEqual([true, false]);
      expect(rows.filter(({ name }) => name.endsWith(".example.org"))).toHaveLength(50);
    });

    test("says when capabilities and hosts were last used, and which hosts were asked for in vain", async () => {
      const { ctx } = fixture;
      const { appId: other, publisher } = await fixture.program();
      const bundle = fixture.bundle(publisher, { appId: other, code: 4, permissions: ["nfc.read", "network.request"] });
      const { submissionId } = await submitBundle(ctx, publisher.actor, bundle);
      await approveSubmission(ctx, await fixture.person("operator"), submissionId, { reason: "" });
      const hosts = [
        { host: "used.example.com", port: 443, purpose: "request", allowed: 2, blocked: 0 },
        { host: "asked.example.com", port: 8443, purpose: "upload", allowed: 0, blocked: 5 },
        { host: OTHER, port: 443, purpose: "request", allowed: 0, blocked: 9 },
      ];
      const apis = { "nfc.read": { allowed: 1, denied: 0 }, "made.up": { allowed: 1, denied: 0 } };
      await tell("dev_b", 60 * MINUTE, { appId: other, versionCode: 4, apis });
      await tell("dev_a", 30 * MINUTE, { appId: other, versionCode: 4, apis, hosts });
      await tell("dev_a", 10 * MINUTE, { appId: other, versionCode: 3, apis, hosts });
      await tell("dev_a", 91 * DAY, {
        appId: other,
        versionCode: 4,
        hosts: [{ ...hosts[1], host: "old.example.com" }] as never,
      });
      const table = await readAccess(ctx, auditor, other, undefined);
      expect(table).toMatchObject({ versionCode: 4, versions: [{ code: 4, state: "listed" }] });
      const half = new Date(now - 30 * MINUTE).toISOString();
      const used = Object.fromEntries(table.rows.map(({ name, lastUsedAt }) => [name, lastUsedAt]));
      expect(used).toEqual({ "network.request": null, "nfc.read": half, "asked.example.com": null });
      expect(table.rows.at(-1)).toMatchObject({ detail: "8443, upload", granted: { state: "no" }, member: null });
      expect((await refusalOf(readAccess(ctx, auditor, other, 9))).code).toBe("not_found");
    });
  });

  test("denials come fifty a page, and the next page, named only where there is one, goes on where the last one ended", async () => {
    const many = { ...hostDenial, cause: "d".repeat(16) };
    const query = { appId, range: "7d" as const, cause: many.cause };
    const add = async (from: number, to: number) => {
      for (let nth = from; nth < to; nth += 1) await record("dev_a", 100 + nth, 5 * DAY + nth * MINUTE, many);
    };
    await add(0, 50);
    expect(await listDenials(fixture.ctx, auditor, query)).toMatchObject({ items: { length: 50 }, nextCursor: null });
    await add(50, 52);
    const first = await listDenials(fixture.ctx, auditor, query);
    expect(first.items).toHaveLength(50);
    const next = await listDenials(fixture.ctx, auditor, { ...query, cursor: first.nextCursor ?? "" });
    expect(next.items.map(({ denialId }) => denialId.slice(-3))).toEqual(["150", "151"]);
    expect(next.nextCursor).toBeNull();
    const similar = (await getDenial(fixture.ctx, auditor, first.items[0]?.denialId ?? "")).similar;
    expect(similar.map(({ denialId }) => denialId)).toEqual(first.items.slice(1, 11).map(({ denialId }) => denialId));
  });
});
