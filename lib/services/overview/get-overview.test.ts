import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appliedRevisions, devices } from "@/db/schema";
import { enter, packHistogram } from "@/lib/domain/measures/histogram";
import { publishDocuments } from "@/lib/sync/publish-documents";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { listDevices } from "../devices/list-devices";
import { submitBundle } from "../submissions/submit-bundle";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { getOverview } from "./get-overview";

const HOUR = 3_600_000;
const reason = "Because.";

let fixture: ServiceFixture;
let people: Record<"admin" | "operator" | "security" | "auditor", PersonActor>;
let appId: string;
let proposed: { id: string };
let suspended: { id: string };

type Device = { ago: number; more?: Partial<typeof devices.$inferInsert> };

async function addDevice(id: string, { ago, more }: Device): Promise<void> {
  const { ctx } = fixture;
  const seenAt = new Date(ctx.clock.nowMs() - ago);
  await ctx.store.transaction(({ db }) =>
    db.insert(devices).values({
      ...{ id, name: `Bench ${id}`, publicJwk: KEY_ONE, thumbprint: id },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {} },
      ...{ enrolledAt: new Date(0), lastSeenAt: seenAt, ...more },
    }),
  );
}

beforeAll(async () => {
  fixture = await openServiceFixture();
  const person = (role: keyof typeof people) => fixture.person(role);
  people = {
    admin: await person("admin"),
    operator: await person("operator"),
    security: await person("security"),
    auditor: await person("auditor"),
  };
  const program = await fixture.program();
  appId = program.appId;
  const submitted = fixture.bundle(program.publisher, { appId, code: 1, permissions: ["nfc.read"] });
  await submitBundle(fixture.ctx, program.publisher.actor, submitted);
  fixture.clock.advance(60);
  const { operator, security } = people;
  const draft = await fixture.draft(operator, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
  proposed = await proposeChangeSet(fixture.ctx, operator, draft.id, { reason });
  fixture.clock.advance(60);
  const changes = [{ member: `program:${appId}/status`, after: "suspended" }];
  suspended = await narrowAtOnce(fixture.ctx, security, { changes, reason });
  const { epoch, revision } = await fixture.platformClaims();
  const applied = { appliedEpoch: epoch, appliedPlatform: revision, appliedAt: new Date(fixture.clock.nowMs() + 400) };
  const layers = [{ layer: "seccomp", active: false }] as never;
  await addDevice("dev_now", { ago: HOUR, more: { ...applied, discarded: { full: 3, sampled: 90 } } });
  await addDevice("dev_behind", { ago: 2 * HOUR, more: { runtimeLayers: layers, discarded: { late: 4 } } });
  await addDevice("dev_away", { ago: 24 * HOUR });
  await addDevice("dev_gone", { ago: HOUR, more: { revokedAt: new Date(0), discarded: { full: 900 } } });
});
afterAll(() => fixture.close());

describe("the overview", () => {
  test("tells each person what waits for them, and nobody what is their own", async () => {
    const waitingFor = async (role: keyof typeof people) =>
      (await getOverview(fixture.ctx, people[role])).waiting.map(({ kind, id }) => (kind === "submission" ? kind : id));
    expect(await waitingFor("security")).toEqual([appId, proposed.id, "submission"]);
    expect(await waitingFor("operator")).not.toContain(proposed.id);
    expect(await waitingFor("admin")).toEqual([]);
    expect(await waitingFor("auditor")).toEqual([]);
    expect((await refusalOf(getOverview(fixture.ctx, await fixture.person("developer")))).code).toBe("forbidden");
  });

  test("says of each what it is, by whom, since when, and where to go", async () => {
    const { waiting } = await getOverview(fixture.ctx, people.security);
    expect(waiting[0]).toMatchObject({
      kind: "suspension",
      href: `/policy/${suspended.id}`,
      title: `${appId} is suspended`,
      detail: `By ${people.security.name}: ${reason}`,
      since: new Date(fixture.clock.nowMs()).toISOString(),
      action: "Undo",
      until: new Date(fixture.clock.nowMs() + 15 * 60_000).toISOString(),
    });
    expect(waiting[1]).toMatchObject({
      kind: "change-set",
      href: `/policy/${proposed.id}`,
      title: expect.stringContaining(`by ${people.operator.name}: Grant nfc.read`),
      detail: `${appId}: ${reason}`,
      since: new Date(fixture.clock.nowMs() - 60_000).toISOString(),
      action: "Approve or refuse",
    });
    expect(waiting[2]).toMatchObject({
      kind: "submission",
      href: `/programs/${appId}/versions`,
      title: `${appId} v1: submitted`,
      detail: "1 capabilities declared",
      since: new Date(fixture.clock.nowMs() - 120_000).toISOString(),
      action: "Approve or refuse",
    });
  });

  test("counts devices that were seen within a day, those that were not, and those that run degraded; no revoked ones", async () => {
    const { loop } = await getOverview(fixture.ctx, people.auditor);
    expect(loop.devices).toEqual({ total: 3, seen24h: 2, stale: 1, degraded: 1 });
    expect(loop.discardedSamples).toBe(7);
    // Of the one that has told what it enforces.
    expect(loop.newestTelemetryAt).toBe(
      (await listDevices(fixture.ctx, people.auditor, { q: "dev_now" })).items[0]?.lastSeenAt,
    );
    expect(loop.audit).toMatchObject({ isWhole: true });
    expect(loop.spread).toMatchObject({
      reached: 1,
      total: 2,
      behind: [{ deviceId: "dev_behind", name: "Bench dev_behind", position: null }],
      applied: null,
    });
    const { revision, epoch, iat, exp } = await fixture.platformClaims();
    expect(loop.platformPosition).toEqual({ epoch, revision });
    expect(loop.platformIssuedAt).toBe(new Date(iat * 1000).toISOString());
    expect(loop.platformExpiresAt).toBe(new Date(exp * 1000).toISOString());
  });

  test("verifies the log once a minute", async () => {
    const { ctx, clock } = fixture;
    const { keysets } = ctx;
    let walks = 0;
    const walk: typeof keysets.walk = (...args) => {
      walks += 1;
      return keysets.walk(...args);
    };
    const checkedAt = async () =>
      (await getOverview({ ...ctx, keysets: { ...keysets, walk } }, people.auditor)).loop.audit.checkedAt;
    await checkedAt();
    const before = walks;
    clock.advance(59);
    await checkedAt();
    expect(walks).toBe(before);
    clock.advance(1);
    await checkedAt();
    expect(walks).toBe(before + 1);
    await expect.poll(checkedAt).toBe(new Date(clock.nowMs()).toISOString());
  });

  test("shows the last verification while none succeeds, and tells the server's log", async () => {
    const { ctx, clock } = fixture;
    const { audit } = (await getOverview(ctx, people.auditor)).loop;
    clock.advance(60);
    const logged: string[] = [];
    const failing = {
      ...ctx,
      keysets: { ...ctx.keysets, walk: () => Promise.reject(new Error("the disk is away")) },
      logger: (level: string, event: string) => void logged.push(`${level} ${event}`),
    };
    expect((await getOverview(failing, people.auditor)).loop.audit).toEqual(audit);
    await expect.poll(() => logged).toContain("error audit_check_failed");
  });

  test("has the decisions of a day, newest first, with how many devices enforce each", async () => {
    const { recent } = await getOverview(fixture.ctx, people.auditor);
    expect(recent[0]).toMatchObject({ id: suspended.id, reached: 1, total: 2 });
    expect(recent.map(({ id }) => id)).not.toContain(proposed.id);
    expect(recent.every(({ state }) => state === "published")).toBe(true);
  });

  test("begins with set-up while it is not over", async () => {
    const early = await openServiceFixture({ isSetUpComplete: false });
    try {
      const { waiting, setUp } = await getOverview(early.ctx, await early.person("admin"));
      expect(waiting[0]).toMatchObject({ kind: "set-up", href: "/people" });
      expect(setUp).toEqual({ isComplete: false, approvers: 0, approversNeeded: 2 });
    } finally {
      await early.close();
    }
  });
});

test("the list of devices names each state, and whoever was away longest stands last", async () => {
  const { items, total, counts } = await listDevices(fixture.ctx, people.auditor, {});
  expect([total, counts]).toEqual([4, { enrolled: 3, current: 1, behind: 1, stale: 1, degraded: 1 }]);
  expect(Object.fromEntries(items.map(({ id, state }) => [id, state]))).toMatchObject({
    dev_now: "current",
    dev_behind: "behind",
    dev_gone: "revoked",
  });
});

test("tells how long a decision took as it was counted then, whatever is published later", async () => {
  const { clock, ctx } = fixture;
  const { epoch, revision, iat } = await fixture.platformClaims();
  const signedAt = iat * 1000;
  const delays = new Map();
  for (const ms of [200, 200, 200, 5000]) enter(delays, ms);
  await ctx.store.transaction(({ db }) =>
    db.insert(appliedRevisions).values({
      ...{ epoch, revision, devices: 4, lastAt: new Date(signedAt + 5000), delays: packHistogram(delays) },
    }),
  );
  const read = async () => (await getOverview(ctx, people.auditor)).loop.spread?.applied;
  const told = await read();
  expect(told).toMatchObject({ position: { epoch, revision }, devices: 4, lastMs: 5000 });
  expect(told?.halfMs).toBeCloseTo(200, -1);
  clock.advance(3600);
  await ctx.store.transaction((tx) =>
    publishDocuments(tx, ctx, { appIds: [], platform: true, changeSetId: null, narrows: false }),
  );
  expect(await read()).toEqual(told);
});
