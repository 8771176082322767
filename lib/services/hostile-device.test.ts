import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import { ingestBatch } from "@/lib/sync/telemetry/ingest-batch";
import { receivedBatchShape } from "@/lib/sync/telemetry/received-batch";
import { buildBatch, buildBlocked, buildMinute } from "@/lib/sync/testing/batch-builder";
import { createDeviceKey } from "@/lib/sync/testing/device-key";
import { getDenial } from "./denials/get-denial";
import { listDenials } from "./denials/list-denials";
import { listDevices } from "./devices/list-devices";
import { revokeDevice } from "./devices/revoke-device";
import { getOverview } from "./overview/get-overview";
import { getProgram } from "./programs/get-program";
import { getSpread } from "./programs/get-spread";
import { listLimits } from "./programs/list-limits";
import { listPrograms } from "./programs/list-programs";
import { listVersions } from "./programs/list-versions";
import { readAccess } from "./programs/read-access";
import { readTelemetry } from "./programs/read-telemetry";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "./testing/service-fixture";

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

/** Every read of the console that telemetry reaches. */
const READS: Record<string, () => Promise<unknown>> = {
  overview: () => getOverview(fixture.ctx, operator),
  programs: () => listPrograms(fixture.ctx, operator, {}),
  program: () => getProgram(fixture.ctx, operator, appId),
  versions: () => listVersions(fixture.ctx, operator, appId),
  access: () => readAccess(fixture.ctx, operator, appId, undefined),
  limits: () => listLimits(fixture.ctx, operator, appId, { range: "1h" }),
  telemetry: () => readTelemetry(fixture.ctx, operator, appId, { range: "1h" }),
  "telemetry of days": () => readTelemetry(fixture.ctx, operator, appId, { range: "14d" }),
  denials: () => listDenials(fixture.ctx, operator, { range: "1h" }),
  "denials of a program": () => listDenials(fixture.ctx, operator, { range: "24h", appId }),
  denial: () => getDenial(fixture.ctx, operator, `${CAUSE}0000000000000000`),
  spread: () => getSpread(fixture.ctx, operator, appId),
  devices: () => listDevices(fixture.ctx, operator),
};

async function expectAllAnswer(): Promise<void> {
  for (const [name, read] of Object.entries(READS)) {
    const answer = await read().catch((error: unknown) => {
      throw new Error(`${name} does not answer`, { cause: error });
    });
    const odd = [...numbersOf(answer)].filter(
      ([, value]) => !Number.isFinite(value) || value > Number.MAX_SAFE_INTEGER,
    );
    expect(odd, name).toEqual([]);
  }
}

async function send(deviceId: string, sent: (typeof batch extends fc.Arbitrary<infer B> ? B : never)[]): Promise<void> {
  for (const { minutes, version, lost, applied } of sent) {
    const now = seconds();
    const body = buildBatch(now, {
      programs: [{ appId, versionCode: version, minutes: minutes.map((make) => make(now)) }],
      events: [buildBlocked(now, { appId, versionCode: version, denialId: `${CAUSE}0000000000000000` })],
      discarded: [{ reason: "queue_full", count: lost }],
      applied: { epoch: 1, keyset: 1, platform: applied, programs: {} },
    });
    const { store } = fixture.ctx;
    await ingestBatch(store, fixture.ctx, deviceId, receivedBatchShape.parse(body), Buffer.from(JSON.stringify(body)));
  }
}

describe("a hostile device", () => {
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
    const body = buildBatch(now, {
      programs: [{ appId: other, versionCode: 1, minutes: [buildMinute(now, { requests: 7 })] }],
    });
    const { ctx } = fixture;
    await ingestBatch(ctx.store, ctx, id, receivedBatchShape.parse(body), Buffer.from(JSON.stringify(body)));
    expect((await readTelemetry(ctx, operator, other, { range: "1h" })).totals.requests).toBe(7);
    await revokeDevice(ctx, operator, { deviceId: id, reason: "It lies." });
    expect((await readTelemetry(ctx, operator, other, { range: "1h" })).totals.requests).toBe(0);
    await expectAllAnswer();
  });
});
