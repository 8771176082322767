import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices, telemetryMinutes } from "@/db/schema";
import { PROGRAM_SORTS } from "@/lib/domain/program-lists";
import { consoleRoutes } from "@/lib/http/console-routes";
import { getContinuity } from "@/lib/services/continuity/get-continuity";
import { getDenial } from "@/lib/services/denials/get-denial";
import { listDenials } from "@/lib/services/denials/list-denials";
import { getDevice, listDevices } from "@/lib/services/devices/list-devices";
import { revokeDevice } from "@/lib/services/devices/revoke-device";
import { getOverview } from "@/lib/services/overview/get-overview";
import { getPortalDenial } from "@/lib/services/portal/get-portal-denial";
import { getPortalProgram } from "@/lib/services/portal/get-portal-program";
import { listPortalDenials } from "@/lib/services/portal/list-portal-denials";
import { listPortalPrograms } from "@/lib/services/portal/list-portal-programs";
import { readPortalPublished } from "@/lib/services/portal/read-portal-published";
import { readPortalQuota } from "@/lib/services/portal/read-portal-quota";
import { getProgram } from "@/lib/services/programs/get-program";
import { getSpread } from "@/lib/services/programs/get-spread";
import { listLimits } from "@/lib/services/programs/list-limits";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { listVersions } from "@/lib/services/programs/list-versions";
import { readAccess } from "@/lib/services/programs/read-access";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { readReporting } from "@/lib/services/reporting/read-reporting";
import { search } from "@/lib/services/search/search";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "@/lib/services/testing/service-fixture";
import { receivedBatchShape } from "@/lib/sync/telemetry/received-batch";
import { buildBatch, buildBlocked, buildMinute } from "@/lib/sync/testing/batch-builder";
import { createDeviceKey } from "@/lib/sync/testing/device-key";
import { ingestBatch } from "@/lib/sync/testing/ingest-batch";
import { listVersion } from "@/lib/sync/testing/sync-fixture";
import { PLAUSIBLE } from "@/native/core/telemetry/plausible";

let fixture: ServiceFixture;
let operator: PersonActor;
let developer: PersonActor;
let appId: string;
let deviceCount = 0;

beforeAll(async () => {
  fixture = await openServiceFixture();
  operator = await fixture.person("operator");
  const program = await fixture.program();
  appId = program.appId;
  developer = await fixture.person("developer", { publisherId: program.publisher.id });
  await listVersion(fixture.ctx.store, appId, 1);
});
afterAll(() => fixture.close());

const seconds = () => Math.floor(fixture.ctx.clock.nowMs() / 1000);

async function enrol(): Promise<string> {
  deviceCount += 1;
  const { jwk, thumbprint } = createDeviceKey();
  const id = `dev_hostile${deviceCount}`;
  const enrolledAt = new Date(fixture.ctx.clock.nowMs());
  await fixture.ctx.store.transaction(async ({ db }) => {
    await db.insert(devices).values({
      ...{ id, name: id, publicJwk: jwk, thumbprint, runtimeKind: "linux", runtimeVersion: "0.1.0" },
      ...{ runtimeLayers: [], enrolledAt, discarded: {} },
    });
  });
  return id;
}

const CAUSE = "0123456789abcdef";
const DENIAL = `${CAUSE}0000000000000000`;
/** Numbers around every border that a column, a cast or a float has. */
const count = fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER);
const minute = fc.record({ a: count, b: count, c: count, ago: fc.integer({ min: 0, max: 20 }) }).map(
  ({ a, b, c, ago }) =>
    (now: number) =>
      buildMinute(now - ago * 60, {
        ...{ cpuMs: a, memoryBytesMax: b, requests: c, blocked: a, bytesIn: b, bytesOut: c, inFlightMax: a },
        ...{ throttledMs: b, crashes: c, apis: { "network.request": { allowed: a, denied: b } } },
        hosts: [{ host: "api.example.com", port: 443, purpose: "request", allowed: b, blocked: c }],
        denials: [
          {
            ...{ cause: CAUSE, code: "HOST_NOT_ALLOWED", layer: "host", rule: null },
            ...{ host: "api.example.com", port: 443, purpose: "request", count: a },
          },
          { cause: "~other", count: b },
        ],
        ...{
          requestsPerSecondMax: a,
          bridgeCalls: b,
          bridgeCallsPerSecondMax: c,
          storageBytesMax: a,
          cacheBytesMax: b,
        },
        limits: { cpuMsPerMinute: { throttledMs: c }, cacheBytes: { refused: a, throttledMs: b, evicted: c } },
        applied: { epoch: 1, platform: a, program: b },
      }),
);
/** Control characters, text that turns direction, half a character, names of JavaScript's own, and far too much. */
const text = fc.constantFrom(
  "",
  "\0",
  "\u001b[2J",
  "\u202ekcolb\u2066",
  "a\ud83d",
  "\udc00",
  "__proto__",
  "x".repeat(9000),
);
/** Around the borders of a clock, a calendar, a JavaScript date and a Postgres timestamp. */
const farTime = fc.constantFrom(-62_135_596_800, -1, 0, 60, 8_640_000_000_000, 8_640_000_000_060, 2 ** 53 - 32);
const batch = fc.record({
  minutes: fc.array(minute, { minLength: 1, maxLength: 6 }),
  version: fc.constantFrom(1, 2 ** 31, Number.MAX_SAFE_INTEGER),
  lost: count,
  applied: count,
  text,
  farTime,
});

/** What no device that is whole would send, beside what one would: texts where they can stand, times far away. */
function hostileParts(now: number, words: string, far: number) {
  const denial = { cause: CAUSE, code: words, layer: "host", rule: words, host: words, port: 443, purpose: "request" };
  const counts = { allowed: 1, blocked: 1 };
  return {
    minutes: [
      buildMinute(far, { at: far, requests: 1 }),
      buildMinute(now - 3600, {
        apis: JSON.parse(`{${JSON.stringify(words)}:{"allowed":1,"denied":1}}`),
        hosts: [
          { host: words, port: 443, purpose: "request", ...counts },
          { host: "a.example", purpose: words, ...counts },
        ],
        denials: [{ ...denial, count: 1 }, { ...denial, code: "HOST_NOT_ALLOWED", count: 1 }, words],
        ...{ bridgeCalls: words, storageBytesMax: -far, applied: { epoch: words, platform: far, program: far } },
        limits: JSON.parse(`{${JSON.stringify(words)}:{"refused":1},"cacheBytes":${JSON.stringify(words)}}`),
      }),
      buildMinute(now - 7200, { limits: words, applied: words }),
    ],
    events: [
      buildBlocked(now, { appId, at: far }),
      ...["eventId", "type", "appId", "denialId", "code", "layer", "rule", "api", "host", "purpose"].map((member) =>
        buildBlocked(now, { appId, denialId: DENIAL, [member]: words }),
      ),
      buildBlocked(now, { appId, detail: JSON.parse(`{${JSON.stringify(words)}:${JSON.stringify(words)}}`) }),
    ],
    discarded: [{ reason: words, count: 1 }],
    applied: JSON.parse(`{${JSON.stringify(words)}:1}`),
    layers: [{ name: words, active: false, reason: words }],
  };
}

/** Every number below a value, with where it stands. */
function* numbersOf(value: unknown, path = ""): Generator<[string, number]> {
  if (typeof value === "number") yield [path, value];
  else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) yield* numbersOf(item, `${path}/${name}`);
  }
}

type Reads = Partial<Record<keyof typeof consoleRoutes, readonly (() => Promise<unknown>)[]>>;

/** Every read of the console that telemetry reaches, by the route that serves it. */
const READS: Reads = {
  getOverview: [() => getOverview(fixture.ctx, operator)],
  search: ["a.example.com", "nfc.read", DENIAL, "device"].map((q) => () => search(fixture.ctx, operator, { q })),
  listPrograms: PROGRAM_SORTS.map((sort) => () => listPrograms(fixture.ctx, operator, { sort })),
  getProgram: [() => getProgram(fixture.ctx, operator, appId)],
  listVersions: [() => listVersions(fixture.ctx, operator, appId)],
  getAccess: [() => readAccess(fixture.ctx, operator, appId, undefined)],
  getLimits: [() => listLimits(fixture.ctx, operator, appId, { range: "1h" })],
  getTelemetry: (["1h", "14d"] as const).map((range) => () => readTelemetry(fixture.ctx, operator, appId, { range })),
  listDenials: [() => listDenials(fixture.ctx, operator, { range: "1h" })],
  listProgramDenials: [() => listDenials(fixture.ctx, operator, { range: "24h", appId })],
  getDenial: [() => getDenial(fixture.ctx, operator, DENIAL)],
  getSpread: [() => getSpread(fixture.ctx, operator, appId)],
  getReporting: [() => readReporting(fixture.ctx, operator, { appId }), () => readReporting(fixture.ctx, operator, {})],
  listDevices: [() => listDevices(fixture.ctx, operator, {})],
  getDevice: [
    async () => {
      const { items } = await listDevices(fixture.ctx, operator, {});
      return getDevice(fixture.ctx, operator, items[0]?.id ?? "");
    },
  ],
  listPortalPrograms: [() => listPortalPrograms(fixture.ctx, developer)],
  getPortalProgram: [() => getPortalProgram(fixture.ctx, developer, appId)],
  getPortalQuota: [() => readPortalQuota(fixture.ctx, developer, appId)],
  getPortalPublished: [() => readPortalPublished(fixture.ctx, developer, appId)],
  listPortalDenials: [() => listPortalDenials(fixture.ctx, developer, appId)],
  getPortalDenial: [() => getPortalDenial(fixture.ctx, developer, DENIAL)],
  getContinuity: [() => getContinuity(fixture.ctx, operator)],
};

/** What `getTelemetry` and `listProgramDenials` answer, as files. */
const AS_FILES: readonly (keyof typeof consoleRoutes)[] = ["exportTelemetry", "exportProgramDenials"];

/** Reads of people's doings, which nothing that a device sends can reach. */
const WITHOUT_TELEMETRY: readonly (keyof typeof consoleRoutes)[] = [
  "getSession",
  "getReadiness",
  "getClock",
  "listChangeSets",
  "getDraft",
  "getChangeSet",
  "listPublishers",
  "getPublisher",
  "listPeople",
  "getPerson",
  "listAudit",
  "getAuditEntry",
  "verifyAudit",
  "exportAudit",
];

async function expectAllAnswer(): Promise<void> {
  for (const [name, reads] of Object.entries(READS)) {
    const { output } = consoleRoutes[name as keyof typeof consoleRoutes];
    for (const read of reads) {
      const answer = await read().catch((error: unknown) => {
        throw new Error(`${name} does not answer`, { cause: error });
      });
      expect("parse" in output && output.safeParse(answer).error, name).toBeUndefined();
      const odd = [...numbersOf(answer)].filter(([, value]) => Math.abs(value) > Number.MAX_SAFE_INTEGER);
      expect(odd, name).toEqual([]);
    }
  }
}

async function send(deviceId: string, sent: (typeof batch extends fc.Arbitrary<infer B> ? B : never)[]): Promise<void> {
  for (const { minutes, version, lost, applied, text: words, farTime: far } of sent) {
    const now = seconds();
    const hostile = hostileParts(now, words, far);
    const body = buildBatch(now, {
      programs: [
        { appId, versionCode: version, minutes: [...minutes.map((make) => make(now)), ...hostile.minutes] },
        { appId: words, versionCode: version, minutes: [buildMinute(now)] },
      ],
      events: [buildBlocked(now, { appId, versionCode: version, denialId: DENIAL }), ...hostile.events],
      discarded: [{ reason: "queue_full", count: lost }, ...hostile.discarded],
      applied: { epoch: 1, keyset: 1, platform: applied, programs: hostile.applied },
      runtime: { kind: "linux", version: "0.1.0", layers: hostile.layers },
    });
    const { store } = fixture.ctx;
    await ingestBatch(store, fixture.ctx, deviceId, receivedBatchShape.parse(body), Buffer.from(JSON.stringify(body)));
  }
}

/** Nothing that is kept of a device is beyond the table of bounds, and only the version that is listed has rows. */
async function expectPlausible(deviceId: string): Promise<void> {
  const rows = await fixture.ctx.store.db
    .select()
    .from(telemetryMinutes)
    .where(eq(telemetryMinutes.deviceId, deviceId));
  const bounds = Object.entries(PLAUSIBLE).map(([name, { most }]) => [name.split("."), most] as const);
  for (const row of rows) {
    expect(row.versionCode).toBe(1);
    for (const [[list = "", member], most] of bounds) {
      const value = Object.entries(row).find(([name]) => name === list)?.[1] ?? [];
      const numbers = member === undefined ? [value] : Object.values(value).map((entry) => Object(entry)[member] ?? 0);
      expect(Math.max(0, ...numbers.map(Number)), `${list} ${member}`).toBeLessThanOrEqual(most);
    }
  }
}

describe("a hostile device", () => {
  it("is tried on every read of the console that tells of devices", () => {
    const reads = Object.entries(consoleRoutes).filter(([, route]) => route.method === "GET");
    expect(reads.map(([name]) => name).sort()).toEqual(
      [...Object.keys(READS), ...AS_FILES, ...WITHOUT_TELEMETRY].sort(),
    );
  });

  it("takes no page down: after any batch that is accepted every read answers, in finite numbers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), async (sent) => {
        const id = await enrol();
        await send(id, sent);
        await expectAllAnswer();
        await expectPlausible(id);
      }),
      { numRuns: 12 },
    );
  });

  it("adds no row a version that it invents, by the thousand: they are a number on the telemetry page", async () => {
    const { appId: other } = await fixture.program();
    await listVersion(fixture.ctx.store, other, 1);
    const id = await enrol();
    const now = seconds();
    const { ctx } = fixture;
    for (let first = 1; first <= 1000; first += 50) {
      const codes = Array.from({ length: 50 }, (_, n) => first + n);
      const programs = codes.map((versionCode) => {
        const minutes = [now, now - 60, now - 7200].map((at) => buildMinute(at, { requests: 1 }));
        return { appId: other, versionCode, minutes };
      });
      const body = buildBatch(now, { programs });
      await ingestBatch(ctx.store, ctx, id, receivedBatchShape.parse(body), Buffer.from(JSON.stringify(body)));
    }
    const kept = await ctx.store.db.select().from(telemetryMinutes).where(eq(telemetryMinutes.deviceId, id));
    expect(kept.map(({ versionCode }) => versionCode)).toEqual([1, 1, 1]);
    const totals = async (range: "1h" | "24h") => (await readTelemetry(ctx, operator, other, { range })).totals;
    expect(await totals("1h")).toMatchObject({ requests: 2, unlistedMinutes: 2 });
    expect(await totals("24h")).toMatchObject({ requests: 3, unlistedMinutes: 3 });
    await revokeDevice(ctx, operator, { deviceId: id, reason: "It lies." });
    expect(await totals("24h")).toMatchObject({ requests: 0, unlistedMinutes: 0 });
  });

  it("is set aside when it is revoked: what it told counts nowhere any more", async () => {
    const { appId: other } = await fixture.program();
    await listVersion(fixture.ctx.store, other, 1);
    const id = await enrol();
    const now = seconds();
    const denialId = "fedcba98765432100000000000000000";
    const body = buildBatch(now, {
      programs: [{ appId: other, versionCode: 1, minutes: [buildMinute(now, { requests: 7 })] }],
      events: [buildBlocked(now, { appId: other, denialId })],
    });
    const { ctx } = fixture;
    await ingestBatch(ctx.store, ctx, id, receivedBatchShape.parse(body), Buffer.from(JSON.stringify(body)));
    expect((await readTelemetry(ctx, operator, other, { range: "1h" })).totals.requests).toBe(7);
    await revokeDevice(ctx, operator, { deviceId: id, reason: "It lies." });
    expect((await readTelemetry(ctx, operator, other, { range: "1h" })).totals.requests).toBe(0);
    expect((await listDenials(ctx, operator, { range: "1h", appId: other })).items).toEqual([]);
    // Whoever has the link still reads what was told: evidence is set aside, not thrown away.
    expect((await getDenial(ctx, operator, denialId)).deviceId).toBe(id);
    await expectAllAnswer();
  });
});
