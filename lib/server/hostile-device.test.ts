import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import { consoleRoutes } from "@/lib/http/console-routes";
import { getDenial } from "@/lib/services/denials/get-denial";
import { listDenials } from "@/lib/services/denials/list-denials";
import { listDevices } from "@/lib/services/devices/list-devices";
import { revokeDevice } from "@/lib/services/devices/revoke-device";
import { getOverview } from "@/lib/services/overview/get-overview";
import { getProgram } from "@/lib/services/programs/get-program";
import { getSpread } from "@/lib/services/programs/get-spread";
import { listLimits } from "@/lib/services/programs/list-limits";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { listVersions } from "@/lib/services/programs/list-versions";
import { readAccess } from "@/lib/services/programs/read-access";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "@/lib/services/testing/service-fixture";
import { ingestBatch } from "@/lib/sync/telemetry/ingest-batch";
import { receivedBatchShape } from "@/lib/sync/telemetry/received-batch";
import { buildBatch, buildBlocked, buildMinute } from "@/lib/sync/testing/batch-builder";
import { createDeviceKey } from "@/lib/sync/testing/device-key";

let fixture: ServiceFixture;
let operator: PersonActor;
let appId: string;
let deviceCount = 0;

beforeAll(async () => {
  fixture = await openServiceFixture();
  operator = await fixture.person("operator");
  ({ appId } = await fixture.program());
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
      }),
);
const batch = fc.record({
  minutes: fc.array(minute, { minLength: 1, maxLength: 6 }),
  version: fc.constantFrom(1, 2 ** 31, Number.MAX_SAFE_INTEGER),
  lost: count,
  applied: count,
});

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
  listPrograms: [() => listPrograms(fixture.ctx, operator, {})],
  getProgram: [() => getProgram(fixture.ctx, operator, appId)],
  listVersions: [() => listVersions(fixture.ctx, operator, appId)],
  getAccess: [() => readAccess(fixture.ctx, operator, appId, undefined)],
  getLimits: [() => listLimits(fixture.ctx, operator, appId, { range: "1h" })],
  getTelemetry: (["1h", "14d"] as const).map((range) => () => readTelemetry(fixture.ctx, operator, appId, { range })),
  listDenials: [() => listDenials(fixture.ctx, operator, { range: "1h" })],
  listProgramDenials: [() => listDenials(fixture.ctx, operator, { range: "24h", appId })],
  getDenial: [() => getDenial(fixture.ctx, operator, DENIAL)],
  getSpread: [() => getSpread(fixture.ctx, operator, appId)],
  listDevices: [() => listDevices(fixture.ctx, operator)],
};

/** Reads of people's doings, which nothing that a device sends can reach. */
const WITHOUT_TELEMETRY: readonly (keyof typeof consoleRoutes)[] = [
  "getSession",
  "listChangeSets",
  "getDraft",
  "getChangeSet",
  "listPublishers",
  "listPeople",
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
  for (const { minutes, version, lost, applied } of sent) {
    const now = seconds();
    const body = buildBatch(now, {
      programs: [{ appId, versionCode: version, minutes: minutes.map((make) => make(now)) }],
      events: [buildBlocked(now, { appId, versionCode: version, denialId: DENIAL })],
      discarded: [{ reason: "queue_full", count: lost }],
      applied: { epoch: 1, keyset: 1, platform: applied, programs: {} },
    });
    const { store } = fixture.ctx;
    await ingestBatch(store, fixture.ctx, deviceId, receivedBatchShape.parse(body), Buffer.from(JSON.stringify(body)));
  }
}

describe("a hostile device", () => {
  it("is tried on every read of the console that tells of devices", () => {
    const reads = Object.entries(consoleRoutes).filter(([, route]) => route.method === "GET");
    expect(reads.map(([name]) => name).sort()).toEqual([...Object.keys(READS), ...WITHOUT_TELEMETRY].sort());
  });

  it("takes no page down: after any batch that is accepted every read answers, in finite numbers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), async (sent) => {
        await send(await enrol(), sent);
        await expectAllAnswer();
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it("is set aside when it is revoked: what it told counts nowhere any more", async () => {
    const { appId: other } = await fixture.program();
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
