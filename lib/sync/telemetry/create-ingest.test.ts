import { eq, getTableColumns } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviceMinutes, devices, events, telemetryMinutes, telemetrySources, unlistedMinutes } from "@/db/schema";
import type { Announcement } from "@/db/store";
import { PLAUSIBLE } from "@/native/core/telemetry/plausible";
import { publishDocuments } from "../publish-documents";
import { buildBatch, buildBlocked, buildMinute } from "../testing/batch-builder";
import { openRuntimeFixture, type RuntimeFixture } from "../testing/runtime-fixture";
import { listVersion } from "../testing/sync-fixture";
import { createIngest } from "./create-ingest";
import { receivedBatchShape } from "./received-batch";
import { foldTelemetry } from "./tend-telemetry";

let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntimeFixture();
  await fixture.addProgram("com.example.a");
  await fixture.addProgram("com.example.b");
  for (const appId of ["com.example.a", "com.example.b"]) await listVersion(fixture.store, appId, 1);
});
afterAll(() => fixture.close());

const program = (minutes: unknown[], appId = "com.example.a") => ({ appId, versionCode: 1, minutes });
const minutesOf = (deviceId: string) =>
  fixture.store.db
    .select()
    .from(telemetryMinutes)
    .where(eq(telemetryMinutes.deviceId, deviceId))
    .orderBy(telemetryMinutes.id);
const eventsOf = (deviceId: string) => fixture.store.db.select().from(events).where(eq(events.deviceId, deviceId));
const publishPlatform = () =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds: [], platform: true, changeSetId: null, narrows: false }),
  );

async function deviceRow(deviceId: string) {
  const [row] = await fixture.store.db.select().from(devices).where(eq(devices.id, deviceId));
  return row;
}

describe("telemetry", () => {
  it("keeps increments as they were told, and says how many were taken in", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const host = { host: "api.example", port: 443, purpose: "request" };
    const first = buildMinute(at, {
      cpuMs: 100,
      memoryBytesMax: 500,
      requests: 3,
      inFlightMax: 4,
      apis: { "network.request": { allowed: 2, denied: 1 } },
      hosts: [{ ...host, allowed: 2, blocked: 0 }],
      denials: [{ cause: "0123456789abcdef", code: "HOST_NOT_ALLOWED", layer: "host", rule: null, count: 1 }],
    });
    const second = buildMinute(at, {
      cpuMs: 50,
      memoryBytesMax: 400,
      requests: 1,
      inFlightMax: 6,
      apis: { "network.request": { allowed: 1, denied: 0 }, "device.info": { allowed: 1, denied: 0 } },
      hosts: [{ ...host, allowed: 1, blocked: 2 }],
      denials: [{ cause: "0123456789abcdef", code: "HOST_NOT_ALLOWED", layer: "host", rule: null, count: 4 }],
    });
    for (const minute of [first, second]) {
      const response = await fixture.post("telemetry", buildBatch(at, { programs: [program([minute])] }), accessToken);
      const answer: { nextIntervalSeconds: number } = await response.json();
      const { nextIntervalSeconds } = answer;
      expect(answer).toEqual({ accepted: 1, rejected: [], nextIntervalSeconds, sampling: 100 });
      expect([nextIntervalSeconds >= 60, nextIntervalSeconds <= 66]).toEqual([true, true]);
    }
    expect(await minutesOf(deviceId)).toMatchObject(
      [first, second].map(({ at: _at, ...told }) => ({ ...told, late: 0 })),
    );
  });

  it("keeps of what may be left out only what was told, whatever the order, beside the runtime and what was in force", async () => {
    const at = fixture.nowSeconds();
    const { platform } = await publishPlatform();
    const applied = { epoch: 1, platform: platform.revision, program: 4 };
    const told = [
      {
        ...{ requestsPerSecondMax: 4, bridgeCalls: 9, bridgeCallsPerSecondMax: 7, storageBytesMax: 0 },
        limits: { requestsPerSecond: { refused: 2 }, cpuMsPerMinute: { throttledMs: 40 } },
        applied,
      },
      {
        ...{ requestsPerSecondMax: 3, bridgeCalls: 1, storageBytesMax: 50 },
        limits: { requestsPerSecond: { refused: 1, throttledMs: 5 }, newerLimit: { refused: 1 } },
        applied: { ...applied, program: 3 },
      },
      // A device of before: none of these members.
      {},
    ];
    for (const order of [told, told.toReversed()]) {
      const { accessToken, deviceId } = await fixture.addDevice();
      for (const members of order) {
        const minutes = [buildMinute(at, { cpuMs: 1, ...members })];
        const batch = buildBatch(at, { programs: [program(minutes)], newer: { member: 1 } });
        const response = await fixture.post("telemetry", batch, accessToken);
        expect(await response.json()).toMatchObject({ accepted: 1, rejected: [] });
      }
      expect((await minutesOf(deviceId)).map(({ limits }) => limits)).toEqual(
        order.map(({ limits }: { limits?: object }) => {
          const { newerLimit: _newer, ...known } = Object(limits);
          return limits === undefined ? null : known;
        }),
      );
      fixture.clock.advance(140);
      while (await foldTelemetry(fixture.store, fixture.ctx));
      const { source, ...columns } = getTableColumns(deviceMinutes);
      const folded = fixture.store.db
        .select(columns)
        .from(deviceMinutes)
        .innerJoin(telemetrySources, eq(telemetrySources.id, source))
        .where(eq(telemetrySources.deviceId, deviceId));
      expect(await folded).toMatchObject([
        {
          ...{ cpuMs: 3, requestsPerSecondMax: 4, bridgeCalls: 10, bridgeCallsPerSecondMax: 7 },
          ...{ storageBytesMax: 50, cacheBytesMax: null },
          ...{ appliedEpoch: 1, appliedPlatform: platform.revision, appliedProgram: 4 },
        },
      ]);
      expect(await deviceRow(deviceId)).toMatchObject({ clamped: 0, rejected: 0 });
    }
  });

  it("leaves out what is malformed of them alone, and a position that was never issued without a word", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const odd = buildMinute(at, {
      ...{ requests: 1, bridgeCalls: -1, storageBytesMax: "1", cacheBytesMax: 3, applied: { epoch: 1 } },
      limits: { storageBytes: { refused: null, evicted: 2 }, cacheBytes: 7, ["__proto__"]: { refused: 1 } },
    });
    const ahead = buildMinute(at - 60, { applied: { epoch: 7, platform: 1, program: 1 }, limits: [] });
    const batch = buildBatch(at, { programs: [program([odd, ahead])] });
    expect(await (await fixture.post("telemetry", batch, accessToken)).json()).toMatchObject({ accepted: 2 });
    const rows = await minutesOf(deviceId);
    expect(rows.find(({ requests }) => requests === 1)).toMatchObject({
      ...{ bridgeCalls: null, storageBytesMax: null, cacheBytesMax: 3, limits: { storageBytes: { evicted: 2 } } },
      appliedEpoch: null,
    });
    expect(rows.find(({ requests }) => requests === 0)).toMatchObject({ limits: null, appliedEpoch: null });
    const told = await eventsOf(deviceId);
    expect(told.find(({ type }) => type === "evidence_rejected")?.body).toMatchObject({
      rejected: [
        ["bridgeCalls", 1],
        ["storageBytesMax", 1],
        ["limits", 3],
        ["applied", 1],
      ].map(([member, count]) => ({ place: `programs.minutes.${member}`, code: "MALFORMED", count })),
    });
  });

  it("counts the programs of a device beyond those whose revision is kept", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const names = Array.from({ length: 503 }, (_, nth) => [`com.example.many${String(nth).padStart(3, "0")}`, 1]);
    const applied = { epoch: 1, keyset: 1, platform: 1, programs: Object.fromEntries(names) };
    expect((await fixture.post("telemetry", buildBatch(at, { applied }), accessToken)).status).toBe(200);
    const told = await eventsOf(deviceId);
    expect(told.find(({ type }) => type === "evidence_rejected")?.body).toMatchObject({
      rejected: [{ place: "applied.programs", code: "MALFORMED", count: 3 }],
    });
  });

  it("answers the same batch again as before and counts it once, also when it arrives many times at once", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const batch = buildBatch(at, {
      programs: [program([buildMinute(at, { requests: 7 })])],
      events: [buildBlocked(at)],
    });
    const answers = await Promise.all([1, 2, 3, 4].map(() => fixture.post("telemetry", batch, accessToken)));
    const bodies = await Promise.all(answers.map((response) => response.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await minutesOf(deviceId)).map(({ requests }) => requests)).toEqual([7]);
    expect(await eventsOf(deviceId)).toHaveLength(1);
  });

  it("refuses the same batch id with another body, and takes the same id from another device", async () => {
    const one = await fixture.addDevice();
    const other = await fixture.addDevice();
    const batch = buildBatch(fixture.nowSeconds());
    expect((await fixture.post("telemetry", batch, one.accessToken)).status).toBe(200);
    expect((await fixture.post("telemetry", { ...batch, sequence: 2 }, one.accessToken)).status).toBe(409);
    expect((await fixture.post("telemetry", { ...batch, sequence: 2 }, other.accessToken)).status).toBe(200);
  });

  it("rejects each entry that can't be counted by its id, and takes the others in", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const minute = at - (at % 60);
    const fine = buildMinute(at, { requests: 1 });
    const batch = buildBatch(at, {
      programs: [
        program([fine, fine, buildMinute(at - 15 * 86_400), buildMinute(at + 600), { at: "soon" }]),
        program([fine], "com.example.unknown"),
        { appId: 7, versionCode: 1, minutes: [fine] },
        { appId: "com.example.a", versionCode: -1, minutes: [fine] },
      ],
      events: [
        buildBlocked(at, { eventId: "evt-fine-1" }),
        buildBlocked(at, { eventId: "evt-fine-1" }),
        buildBlocked(at, { eventId: "evt-app-01", appId: "\u0000" }),
        buildBlocked(at, { eventId: "evt-type-1", type: "made_up" }),
        buildBlocked(at, { eventId: "evt-type-2", type: "counter_clamped" }),
        buildBlocked(at, { eventId: "evt-type-3", type: "evidence_rejected" }),
        null,
      ],
    });
    const response = await fixture.post("telemetry", batch, accessToken);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      accepted: 2,
      rejected: [
        { id: `com.example.a/1/${minute}`, code: "DUPLICATE" },
        { id: `com.example.a/1/${minute - 15 * 86_400}`, code: "TOO_OLD" },
        { id: `com.example.a/1/${minute + 600}`, code: "NOT_YET_VALID" },
        { id: "com.example.a/1/soon", code: "MALFORMED" },
        { id: `com.example.unknown/1/${minute}`, code: "UNKNOWN_PROGRAM" },
        { id: `7/1/${minute}`, code: "MALFORMED" },
        { id: `com.example.a/-1/${minute}`, code: "MALFORMED" },
        { id: "evt-fine-1", code: "DUPLICATE" },
        { id: "evt-app-01", code: "MALFORMED" },
        { id: "evt-type-1", code: "MALFORMED" },
        { id: "evt-type-2", code: "MALFORMED" },
        { id: "evt-type-3", code: "MALFORMED" },
        { id: "?", code: "MALFORMED" },
      ],
    });
    expect(await minutesOf(deviceId)).toHaveLength(1);
    const told = await eventsOf(deviceId);
    expect(told.filter(({ type }) => type === "blocked_request").map(({ eventId }) => eventId)).toEqual(["evt-fine-1"]);
    expect(told.find(({ type }) => type === "evidence_rejected")?.body).toMatchObject({
      batchId: batch.batchId,
      rejected: [
        { place: "programs.minutes", code: "TOO_OLD", count: 1 },
        { place: "programs.minutes", code: "NOT_YET_VALID", count: 1 },
        { place: "programs.minutes", code: "MALFORMED", count: 3 },
        { place: "programs.minutes", code: "UNKNOWN_PROGRAM", count: 1 },
        { place: "events", code: "MALFORMED", count: 5 },
      ],
    });
    expect(await deviceRow(deviceId)).toMatchObject({ rejected: 11, clamped: 0 });
  });

  it("names a hundred rejected entries and counts the rest, and keeps no more of them to answer again", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const minute = buildMinute(at);
    const minutes = Array.from({ length: 240 }, () => minute);
    const batch = buildBatch(at, {
      programs: [program([minute]), ...[1, 2, 3].map(() => program(minutes, "com.example.unknown"))],
    });
    const answer = await (await fixture.post("telemetry", batch, accessToken)).json();
    expect(answer).toMatchObject({ accepted: 1, rejectedMore: 620 });
    expect(answer.rejected).toHaveLength(100);
    expect(await deviceRow(deviceId)).toMatchObject({ rejected: 720 });
    expect(await (await fixture.post("telemetry", batch, accessToken)).json()).toEqual(answer);
  });

  it("loses nothing but the part that is malformed: numbers stay, under ~other where the text does not", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const half = `${"a".repeat(20)}\uD83D`;
    const minute = buildMinute(at, {
      ...{ requests: 9, cpuMs: -1 },
      apis: { [half]: { allowed: 1, denied: 2 }, "": { allowed: 1, denied: 0 }, "device.info": { allowed: "x" } },
      hosts: [
        { host: "a.example/path", port: 443, purpose: "request", allowed: 3, blocked: 4 },
        { host: "b.example", port: 443, purpose: "request", allowed: 1, blocked: 0 },
        { host: "c.example", port: 443, purpose: "made up", allowed: 1, blocked: 0 },
        null,
      ],
      denials: [
        { cause: "0123456789abcdef", code: "MADE_UP", layer: "host", rule: null, count: 5 },
        { cause: half, count: "many" },
      ],
    });
    const batch = buildBatch(at, {
      runtime: {
        kind: "linux",
        version: "0.2.0",
        layers: [
          { name: half, active: true },
          { name: "fine", active: true },
        ],
      },
      applied: {
        epoch: 1,
        keyset: 1,
        platform: 1,
        programs: { "com.example.a": 1, "\u0000": 1, "com.example.b": "new" },
      },
      programs: [program([minute])],
      events: [
        buildBlocked(at, { eventId: "evt-part-1", host: "a.example/path", rule: "\u0000", detail: { a: half } }),
      ],
      discarded: [
        { reason: "\u0000", count: 1 },
        { reason: "queue_full", count: 2 },
      ],
    });
    const response = await fixture.post("telemetry", batch, accessToken);
    expect(await response.json()).toMatchObject({ accepted: 2, rejected: [] });
    expect(await minutesOf(deviceId)).toMatchObject([
      {
        ...{ requests: 9, cpuMs: 0 },
        apis: { "~other": { allowed: 2, denied: 2 } },
        hosts: [
          { host: "~other", port: 0, purpose: "request", allowed: 3, blocked: 4 },
          { host: "b.example", allowed: 1 },
        ],
        denials: [{ cause: "~other", count: 5 }],
      },
    ]);
    const told = await eventsOf(deviceId);
    const kept = told.find(({ eventId }) => eventId === "evt-part-1");
    expect(kept).toMatchObject({ code: "HOST_NOT_ALLOWED", rule: null, body: { port: 443 } });
    expect(Object.keys(kept?.body ?? {})).not.toContain("host");
    const { rejected } = told.find(({ type }) => type === "evidence_rejected")?.body ?? {};
    expect(rejected).toEqual(
      [
        ["programs.minutes.cpuMs", 1],
        ["programs.minutes.apis", 3],
        ["programs.minutes.hosts", 3],
        ["programs.minutes.denials", 2],
        ["events.rule", 1],
        ["events.host", 1],
        ["events.detail", 1],
        ["applied.programs", 2],
        ["runtime.layers", 1],
        ["discarded", 1],
      ].map(([place, count]) => ({ place, code: "MALFORMED", count })),
    );
    expect(await deviceRow(deviceId)).toMatchObject({
      runtimeLayers: [{ name: "fine", active: true }],
      discarded: { queue_full: 2 },
      rejected: 16,
    });
  });

  it("keeps no text that acts where people read it, no code of nobody's and no rule that is no pointer", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const minute = buildMinute(at, {
      requests: 7,
      apis: { "camera\u202ecapture": { allowed: 1, denied: 1 } },
      hosts: [{ host: "bank\u2066.example", port: 443, purpose: "request", allowed: 1, blocked: 0 }],
    });
    const batch = buildBatch(at, {
      programs: [program([minute])],
      events: [
        buildBlocked(at, { eventId: "evt-text-1", code: "Your account is locked", rule: "call 555" }),
        buildBlocked(at, { eventId: "evt-text-2", detail: { a: "\u001b[2J" } }),
      ],
    });
    expect(await (await fixture.post("telemetry", batch, accessToken)).json()).toMatchObject({ accepted: 3 });
    expect(await minutesOf(deviceId)).toMatchObject([
      { requests: 7, apis: { "~other": { allowed: 1, denied: 1 } }, hosts: [{ host: "~other", allowed: 1 }] },
    ]);
    const told = await eventsOf(deviceId);
    expect(told.find(({ eventId }) => eventId === "evt-text-1")).toMatchObject({ code: null, rule: null });
    const rejected = told.find(({ type }) => type === "evidence_rejected")?.body as { rejected: { place: string }[] };
    expect(rejected.rejected.map(({ place }) => place).sort()).toEqual([
      "events.code",
      "events.detail",
      "events.rule",
      "programs.minutes.apis",
      "programs.minutes.hosts",
    ]);
  });

  it("holds a counter of an increment at the plausible, and says so once a batch", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const host = { host: "api.example", port: 443, purpose: "request" };
    const most = PLAUSIBLE.requests.most;
    const send = (requests: number) => {
      const minutes = [buildMinute(at, { requests, cpuMs: 1, hosts: [{ ...host, allowed: requests, blocked: 0 }] })];
      return fixture.post("telemetry", buildBatch(at, { programs: [program(minutes)] }), accessToken);
    };
    await send(most);
    expect(await deviceRow(deviceId)).toMatchObject({ clamped: 0, rejected: 0 });
    await send(most + 1);
    await send(Number.MAX_SAFE_INTEGER);
    const held = { requests: most, cpuMs: 1, hosts: [{ allowed: most }] };
    expect(await minutesOf(deviceId)).toMatchObject([held, held, held]);
    expect(await deviceRow(deviceId)).toMatchObject({ clamped: 4, rejected: 0 });
    const told = await eventsOf(deviceId);
    const seen = [most + 1, Number.MAX_SAFE_INTEGER];
    expect(
      told.map(({ type, appId, versionCode, body }) => ({ type, appId, versionCode, clamped: body.clamped })),
    ).toEqual(
      expect.arrayContaining(
        seen.map((requests) => ({
          ...{ type: "counter_clamped", appId: "com.example.a", versionCode: 1 },
          clamped: ["requests", "hosts.allowed"].map((counter) => ({ counter, seen: requests, bound: most, times: 1 })),
        })),
      ),
    );
    expect(told).toHaveLength(2);
  });

  it("keeps of versions that were never listed the minutes alone, in rows that no invented code adds to", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const midnight = Math.floor(fixture.nowSeconds() / 86_400) * 86_400;
    const of = (versionCode: number) => ({
      ...{ appId: "com.example.a", versionCode },
      minutes: [-60, 0, 60].map((offset) => buildMinute(midnight + offset, { requests: 5 })),
    });
    for (const first of [2, 20, 20]) {
      const programs = [1, ...Array.from({ length: 10 }, (_, n) => first + n)].map(of);
      const batch = buildBatch(midnight, { programs });
      expect(await (await fixture.post("telemetry", batch, accessToken)).json()).toMatchObject({ accepted: 33 });
    }
    const kept = (await minutesOf(deviceId)).map(({ versionCode, requests }) => [versionCode, requests]);
    expect(kept).toEqual(Array.from({ length: 9 }, () => [1, 5]));
    const rows = await fixture.store.db.select().from(unlistedMinutes).where(eq(unlistedMinutes.deviceId, deviceId));
    expect(rows.map(({ minutes }) => [...minutes].flatMap((bit, at) => (bit === "1" ? [at] : [])))).toEqual([
      [1439],
      [0, 1],
    ]);
  });

  it("keeps an event once across batches, and the cause that its denial id begins with", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const event = buildBlocked(at, { denialId: "00112233445566778899aabbccddeeff" });
    for (const sequence of [1, 2]) {
      await fixture.post("telemetry", buildBatch(at, { sequence, events: [event] }), accessToken);
    }
    expect(await eventsOf(deviceId)).toMatchObject([{ cause: "0011223344556677", code: "HOST_NOT_ALLOWED" }]);
  });

  it("keeps as many names of one increment as a device has room for, and the rest under ~other: no count is lost", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const hosts = Array.from({ length: 1_080 }, (_, n) => {
      return { host: `h${n}.example`, port: 443, purpose: "request", allowed: 1, blocked: 1 };
    });
    const minute = buildMinute(at, { hosts });
    await fixture.post("telemetry", buildBatch(at, { programs: [program([minute])] }), accessToken);
    const [row] = await minutesOf(deviceId);
    expect(row?.hosts).toHaveLength(1_051);
    expect(row?.hosts.find(({ host }) => host === "~other")).toMatchObject({ allowed: 30, blocked: 30 });
    expect(row?.hosts.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(1_080);
  });

  it("notes what the device enforces, never backwards and never what was not issued", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const send = async (platform: number, epoch = 1) => {
      const applied = { epoch, keyset: 1, platform, programs: { "com.example.a": 3 } };
      await fixture.post("telemetry", buildBatch(fixture.nowSeconds(), { applied }), accessToken);
      return await deviceRow(deviceId);
    };
    await publishPlatform();
    const { platform } = await publishPlatform();
    expect(await send(platform.revision)).toMatchObject({
      appliedPlatform: platform.revision,
      appliedPrograms: { "com.example.a": 3 },
      runtimeVersion: "0.2.0",
    });
    expect((await send(platform.revision - 1))?.appliedPlatform).toBe(platform.revision);
    expect((await send(platform.revision + 1))?.appliedPlatform).toBe(platform.revision);
    expect((await send(1, 2))?.appliedEpoch).toBe(1);
  });

  it("takes nothing of what a device enforces from a batch that comes once more", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const { platform } = await publishPlatform();
    const saying = (program: number) => {
      const applied = { epoch: 1, keyset: 1, platform: platform.revision, programs: { "com.example.a": program } };
      return buildBatch(fixture.nowSeconds(), { applied });
    };
    const first = saying(3);
    for (const batch of [first, saying(4), first, { ...first, sequence: 9 }]) {
      await fixture.post("telemetry", batch, accessToken);
    }
    expect((await deviceRow(deviceId))?.appliedPrograms).toEqual({ "com.example.a": 4 });
  });

  it("keeps when a revision was applied, however often the device repeats it", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    await fixture.post("telemetry", buildBatch(fixture.nowSeconds()), accessToken);
    const appliedAt = (await deviceRow(deviceId))?.appliedAt;
    fixture.clock.advance(30);
    await fixture.post("telemetry", buildBatch(fixture.nowSeconds()), accessToken);
    expect(await deviceRow(deviceId)).toMatchObject({ appliedAt, lastSeenAt: new Date(fixture.clock.nowMs()) });
  });

  it("sums what the device had to discard, by reason", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const discarded = [{ reason: "queue_full", count: 3 }];
    await fixture.post("telemetry", buildBatch(fixture.nowSeconds(), { discarded }), accessToken);
    await fixture.post("telemetry", buildBatch(fixture.nowSeconds(), { discarded }), accessToken);
    expect((await deviceRow(deviceId))?.discarded).toEqual({ queue_full: 6 });
  });

  it("announces measured and denying programs after the commit, and not those of an event known before", async () => {
    const { accessToken } = await fixture.addDevice();
    const heard: Announcement[] = [];
    const stop = fixture.store.subscribe((announcement) => void heard.push(announcement));
    const at = fixture.nowSeconds();
    const events = [buildBlocked(at)];
    await fixture.post("telemetry", buildBatch(at, { events }), accessToken);
    await expect.poll(() => heard).toContainEqual({ topic: "denials", appIds: ["com.example.a"] });
    heard.length = 0;
    const minutes = [buildMinute(at, { requests: 1 })];
    await fixture.post(
      "telemetry",
      buildBatch(at, { events, programs: [program(minutes, "com.example.b")] }),
      accessToken,
    );
    await expect.poll(() => heard).toContainEqual({ topic: "telemetry", appIds: ["com.example.b"] });
    expect(heard.filter(({ topic }) => topic === "denials")).toEqual([]);
    stop();
  });

  it("takes gzip in, bounded after decompression too", async () => {
    const { accessToken } = await fixture.addDevice();
    const send = async (text: string) => {
      const folded = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
      return await fixture.fetch("telemetry", {
        method: "POST",
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
        body: await new Response(folded).arrayBuffer(),
        token: accessToken,
      });
    };
    const batch = JSON.stringify(buildBatch(fixture.nowSeconds()));
    expect((await send(batch)).status).toBe(200);
    expect((await send(`${batch}${" ".repeat(1024 * 1024)}`)).status).toBe(413);
  });

  it("refuses a frame that is none", async () => {
    const { accessToken } = await fixture.addDevice();
    const at = fixture.nowSeconds();
    const frames = [{}, buildBatch(at, { batchId: "short" }), buildBatch(at, { runtime: { kind: "toaster" } })];
    for (const frame of frames) expect((await fixture.post("telemetry", frame, accessToken)).status).toBe(400);
    const nul = buildBatch(at, { batchId: "\u0000".repeat(16) });
    expect((await fixture.post("telemetry", nul, accessToken)).status).toBe(400);
  });
});

describe("batches that come together", () => {
  const receive = (body: Record<string, unknown>) => {
    return { batch: receivedBatchShape.parse(body), bytes: Buffer.from(JSON.stringify(body)) };
  };
  const outcomeOf = (settled: PromiseSettledResult<unknown>) =>
    settled.status === "fulfilled" ? settled.value : settled.reason.code;

  it("are taken in by few transactions, each answered for itself: a stranger, a revoked device and another body fail alone", async () => {
    const { store, ctx } = fixture;
    const phones: string[] = [];
    for (let n = 0; n < 6; n += 1) phones.push((await fixture.addDevice()).deviceId);
    const [one = "", revoked = ""] = phones;
    const revokedAt = new Date(fixture.clock.nowMs());
    await store.transaction(({ db }) => db.update(devices).set({ revokedAt }).where(eq(devices.id, revoked)));
    const at = fixture.nowSeconds();
    const bodyOf = (n: number) =>
      buildBatch(at, { programs: [program([buildMinute(at, { requests: n })])], events: [buildBlocked(at)] });
    const bodies = phones.map((_, n) => bodyOf(n));
    const again = { ...bodies[0], sequence: 9 };
    const sent = [
      ...phones.map((id, n) => [id, bodies[n] ?? {}] as const),
      [one, bodies[0] ?? {}],
      [one, again],
    ] as const;
    let transactions = 0;
    const counted = { ...store.in("ingest") };
    const counting = createIngest(
      {
        ...store,
        in: (lane) =>
          lane !== "ingest"
            ? store.in(lane)
            : {
                ...counted,
                transaction: (fn) => {
                  transactions += 1;
                  return store.in("ingest").transaction(fn);
                },
              },
      },
      ctx,
    );
    const take = () =>
      Promise.allSettled(
        [...sent, ["dev_unknown", bodyOf(1)] as const].map(([id, body]) => {
          const { batch, bytes } = receive(body);
          return counting.take(id, batch, bytes);
        }),
      );
    const outcomes = (await take()).map(outcomeOf);
    const fine = { accepted: 2, rejected: [] };
    expect(outcomes).toMatchObject([
      fine,
      "device_revoked",
      fine,
      fine,
      fine,
      fine,
      fine,
      "conflict",
      "unauthenticated",
    ]);
    // Two, and one more without what had come in meanwhile.
    expect(transactions).toBeLessThanOrEqual(3);
    // What was answered is kept: the same again gets the same, from whoever it is asked, and writes nothing.
    transactions = 0;
    expect((await take()).map(outcomeOf)).toEqual(outcomes);
    expect(transactions).toBe(0);
    for (const [n, id] of phones.entries()) {
      const kept = (await minutesOf(id)).map(({ requests }) => requests);
      expect(kept).toEqual(id === revoked ? [] : [n]);
    }
  });

  it("are taken in one by one where together they are not, so that one costs no other its place", async () => {
    const { store, ctx } = fixture;
    const phones: string[] = [];
    for (let n = 0; n < 4; n += 1) phones.push((await fixture.addDevice()).deviceId);
    const at = fixture.nowSeconds();
    const own = store.in("ingest");
    // The database refuses whatever has something of the second device.
    const refusing = {
      ...own,
      transaction: <T>(fn: Parameters<typeof own.transaction<T>>[0]) =>
        own.transaction<T>(async (tx) => {
          const done = await fn(tx);
          const [bad] = await tx.db
            .select()
            .from(telemetryMinutes)
            .where(eq(telemetryMinutes.deviceId, phones[1] ?? ""));
          if (bad !== undefined) throw new Error("out of range");
          return done;
        }),
    };
    const ingest = createIngest({ ...store, in: (lane) => (lane === "ingest" ? refusing : store.in(lane)) }, ctx);
    const settled = await Promise.allSettled(
      phones.map((id) => {
        const { batch, bytes } = receive(buildBatch(at, { programs: [program([buildMinute(at, { requests: 3 })])] }));
        return ingest.take(id, batch, bytes);
      }),
    );
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    const kept = await Promise.all(phones.map(async (id) => (await minutesOf(id)).length));
    expect(kept).toEqual([1, 0, 1, 1]);
  });
});
