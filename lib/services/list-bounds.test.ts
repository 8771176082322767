import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { keepDays } from "@/db/partitions";
import { changeSets, devices, events, people, programs, publishers, telemetryMinutes } from "@/db/schema";
import type { Database } from "@/db/store";
import { insertRows } from "@/db/write-rows";
import { appendAudit } from "@/lib/audit/append-audit";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { listAudit } from "./audit/list-audit";
import { listChangeSets } from "./change-sets/list-change-sets";
import { listDenials } from "./denials/list-denials";
import { getDevice, listDevices } from "./devices/list-devices";
import { readSpread } from "./devices/spread";
import { getPerson, listPeople } from "./people/list-people";
import { listPrograms } from "./programs/list-programs";
import { getPublisher, listPublishers } from "./publishers/list-publishers";
import { refusalOf } from "./testing/refusal-of";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "./testing/service-fixture";

const COUNT = 120;
const PAGE = 50;

let fixture: ServiceFixture;
let auditor: PersonActor;
let publisherId: string;
const at = new Date(Date.UTC(2026, 0, 1));

/** Names whose order is not that of their ids, some in another case, and many alike. */
const nameOf = (nth: number) => `${nth % 2 === 0 ? "Z" : "z"}ebra ${String((nth * 7) % 10)}`;
const idOf = (kind: string, nth: number) => `${kind}_${String(nth).padStart(4, "0")}`;

async function fill(db: Database): Promise<void> {
  const all = Array.from({ length: COUNT }, (_, nth) => nth);
  const now = new Date(fixture.clock.nowMs());
  await db.insert(devices).values(
    all.map((nth) => ({
      ...{ id: idOf("dev", nth), name: nameOf(nth), publicJwk: KEY_ONE, thumbprint: idOf("dev", nth) },
      ...{ runtimeKind: "linux", runtimeVersion: "0.1.0", runtimeLayers: [], discarded: {}, enrolledAt: at },
      ...{ lastSeenAt: nth % 3 === 0 ? at : now, revokedAt: nth % 40 === 0 ? at : null },
      labels: nth % 10 === 0 ? { region: "eu" } : {},
    })),
  );
  await db.insert(people).values(
    all.map((nth) => ({
      ...{ id: idOf("per", nth), name: nameOf(nth), email: `${nth}@harbor.example` },
      ...{ role: "auditor" as const, publisherId: null, state: "active" as const, createdAt: at },
    })),
  );
  await db.insert(publishers).values(all.map((nth) => ({ id: idOf("pub", nth), name: nameOf(nth), createdAt: at })));
  await db.insert(programs).values(
    all.map((nth) => ({
      ...{ appId: `com.example.a${nth}`, name: nameOf(nth), publisherId },
      ...{ status: nth % 3 === 0 ? ("suspended" as const) : ("active" as const), createdAt: at },
    })),
  );
  await db.insert(changeSets).values(
    all.map((nth) => ({
      ...{ id: idOf("cs", nth), ownerId: "per_none", state: "withdrawn" as const, createdAt: at, updatedAt: at },
    })),
  );
  // One of a name and a minute on many devices: only both together with the device tell them apart.
  await db.insert(events).values(
    all.map((nth) => ({
      ...{ deviceId: idOf("dev", nth), eventId: `evt_${nth % 4}`, at: now, receivedAt: now, type: "denied_api" },
      ...{ denialId: idOf("denial", nth), cause: "c".repeat(16), code: "RATE_LIMITED", layer: "grant", body: {} },
    })),
  );
  await db.insert(telemetryMinutes).values(
    all.slice(0, 60).map((nth) => ({
      ...{ deviceId: idOf("dev", 1), appId: `com.example.a${nth}`, versionCode: 1, at: now },
      ...{ cpuMs: 0, memoryBytesMax: 0, requests: nth % 9, blocked: nth % 5, bytesIn: 0, bytesOut: 0 },
      ...{ inFlightMax: 0, throttledMs: 0, crashes: 0, apis: {}, hosts: [], denials: [] },
    })),
  );
}

beforeAll(async () => {
  fixture = await openServiceFixture();
  auditor = await fixture.person("auditor");
  publisherId = (await fixture.publisher()).id;
  await keepDays(fixture.ctx.store, "events", [fixture.clock.nowMs()]);
  await fixture.ctx.store.transaction(({ db }) => fill(db));
  for (let nth = 0; nth < COUNT; nth += 1) {
    await fixture.ctx.store.transaction((tx) =>
      appendAudit(tx, fixture.ctx, {
        actor: auditor,
        action: "audit.export",
        subject: `log ${nth}`,
        requestId: "req_1",
      }),
    );
  }
});
afterAll(() => fixture.close());

type Page = { items: readonly object[]; nextCursor: string | null };
type Read = (cursor?: string) => Promise<Page>;

const more = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });
const ctx = () => fixture.ctx;

/** Each list of the console with what its rows are told apart by. */
const LISTS: Record<string, [Read, (row: never) => string]> = {
  devices: [(cursor) => listDevices(ctx(), auditor, more(cursor)), ({ id }: { id: string }) => id],
  people: [(cursor) => listPeople(ctx(), auditor, more(cursor)), ({ id }: { id: string }) => id],
  publishers: [(cursor) => listPublishers(ctx(), auditor, more(cursor)), ({ id }: { id: string }) => id],
  programs: [(cursor) => listPrograms(ctx(), auditor, more(cursor)), ({ appId }: { appId: string }) => appId],
  "programs by what was blocked": [
    (cursor) => listPrograms(ctx(), auditor, { sort: "blocked", ...more(cursor) }),
    ({ appId }: { appId: string }) => appId,
  ],
  "programs by requests": [
    (cursor) => listPrograms(ctx(), auditor, { sort: "requests", ...more(cursor) }),
    ({ appId }: { appId: string }) => appId,
  ],
  "change sets": [
    (cursor) => listChangeSets(ctx(), auditor, { state: "all", ...more(cursor) }),
    ({ id }: { id: string }) => id,
  ],
  "the audit log": [
    (cursor) => listAudit(ctx(), auditor, { action: "audit.export", ...more(cursor) }),
    ({ id }: { id: string }) => id,
  ],
  denials: [
    (cursor) => listDenials(ctx(), auditor, { range: "1h", ...more(cursor) }),
    ({ denialId }: { denialId: string }) => denialId,
  ],
};
const names = Object.keys(LISTS);

async function readWhole(name: string): Promise<{ pages: Page[]; keys: string[] }> {
  const [read, keyOf] = LISTS[name] ?? [];
  const pages: Page[] = [];
  for (let cursor: string | null | undefined; cursor !== null && read !== undefined; ) {
    const page: Page = await read(cursor);
    pages.push(page);
    cursor = page.nextCursor;
  }
  // Safe: each list is paired above with the key of its own rows.
  return { pages, keys: pages.flatMap(({ items }) => items.map((row) => keyOf?.(row as never) ?? "")) };
}

describe.each(names)("the list of %s", (name) => {
  it("reaches every row once by its cursors, at most 50 a page, and the last page names no next one", async () => {
    const { pages, keys } = await readWhole(name);
    expect(pages.slice(0, -1).map(({ items }) => items.length)).toEqual(pages.slice(0, -1).map(() => PAGE));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThanOrEqual(name === "denials" ? COUNT - 3 : COUNT);
  });

  it("refuses a cursor that it never gave", async () => {
    const [read] = LISTS[name] ?? [];
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const { pages } = await readWhole(name);
    const own: [string, unknown[]] = JSON.parse(Buffer.from(pages[0]?.nextCursor ?? "", "base64url").toString("utf8"));
    const others = names.filter((other) => other !== name);
    const cursors = [
      ...["x", "%", "e30", "bnVsbA", encode([]), encode({ 0: own[0], 1: own[1] }), encode([own[0], own[1], 1])],
      ...[
        [],
        own[1].slice(1),
        [...own[1], 1],
        own[1].map(() => null),
        own[1].map(() => ({})),
        own[1].map(() => [1]),
      ].map((values) => encode([own[0], values])),
      ...["a\0", "\ud800", 1.5, 2 ** 53, -(2 ** 53), "x".repeat(401)].map((value) =>
        encode([own[0], own[1].map(() => value)]),
      ),
      (await LISTS[others[0] ?? ""]?.[0]())?.nextCursor ?? "",
    ];
    for (const cursor of cursors) {
      expect(read === undefined ? null : (await refusalOf(read(cursor))).code, cursor).toBe("invalid_input");
    }
  });
});

test("names come in order whatever their case, and numbers greatest first with equal ones by name", async () => {
  const byName = (await readWhole("programs")).pages.flatMap(({ items }) => items as { name: string; appId: string }[]);
  const order = byName.map(({ name, appId }) => [name.toLowerCase(), appId] as const);
  expect(order).toEqual([...order].sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1)));
  const blocked = (await readWhole("programs by what was blocked")).pages.flatMap(
    ({ items }) => items as { blocked24h: number; name: string }[],
  );
  const greatest = blocked.map((row) => [row.blocked24h, row.name.toLowerCase()] as const);
  expect(greatest).toEqual([...greatest].sort(([a, x], [b, y]) => b - a || (x < y ? -1 : x > y ? 1 : 0)));
  expect(greatest[0]?.[0]).toBe(4);
  expect(greatest.at(-1)?.[0]).toBe(0);
});

test("programs stand in the order of the numbers that they show, however much no roll-up holds yet", async () => {
  const { store } = ctx();
  const told = (nth: number) => ({
    ...{
      deviceId: idOf("dev", 1),
      appId: `com.example.a${nth % 2}`,
      versionCode: 2,
      at: new Date(fixture.clock.nowMs() - nth * 60_000),
    },
    ...{ cpuMs: 0, memoryBytesMax: 0, requests: 1 + (nth % 2), blocked: 0, bytesIn: 0, bytesOut: 0 },
    ...{ inFlightMax: 0, throttledMs: 0, crashes: 0, apis: {}, hosts: [], denials: [] },
  });
  // Within 24 h there are but 1,440 minutes: versions tell the rows apart.
  const rows = Array.from({ length: 5_200 }, (_, nth) => ({
    ...told(nth % 1_400),
    versionCode: 2 + Math.floor(nth / 1_400),
  }));
  await store.transaction(({ db }) => insertRows(db, telemetryMinutes, rows));
  const { items } = await listPrograms(ctx(), auditor, { sort: "requests" });
  expect(items.slice(0, 2).map(({ appId, requests24h }) => [appId, requests24h])).toEqual([
    ["com.example.a1", 2 * 2_600 + 1],
    ["com.example.a0", 2_600],
  ]);
});

test("what is counted beside a list is all that matches, not what a page holds", async () => {
  const suspended = await listPrograms(ctx(), auditor, { status: "suspended" });
  expect([suspended.items.length, suspended.total, suspended.counts.suspended]).toEqual([40, 40, 40]);
  const all = await listPrograms(ctx(), auditor, {});
  expect([all.total, all.counts]).toEqual([COUNT, { live: 0, waiting: 0, suspended: 40 }]);
  const stale = await listDevices(ctx(), auditor, { state: "stale" });
  const revoked = 3;
  expect([stale.items.length, stale.total, stale.counts.stale]).toEqual([39, 39, 39]);
  expect(stale.counts.enrolled).toBe(COUNT - revoked);
  expect((await listDevices(ctx(), auditor, { region: "eu" })).total).toBe(12);
  expect((await listDevices(ctx(), auditor, { region: "us" })).total).toBe(0);
  expect((await listPublishers(ctx(), auditor, { q: "ZEBRA 3" })).total).toBe(12);
  expect((await listPeople(ctx(), auditor, { q: "7@harbor" })).total).toBeGreaterThan(1);
  expect((await listAudit(ctx(), auditor, { q: "log 11" })).total).toEqual({ atLeast: 11, isExact: true });
});

test("whoever stands on no page is found by id, and nobody else is", async () => {
  const { keys } = await readWhole("devices");
  expect(await getDevice(ctx(), auditor, keys.at(-1) ?? "")).toMatchObject({ id: keys.at(-1), state: "revoked" });
  expect(await getPerson(ctx(), auditor, idOf("per", 119))).toMatchObject({ id: idOf("per", 119) });
  const owner = await getPublisher(ctx(), auditor, publisherId);
  expect([owner.programs.length, owner.programCount]).toEqual([20, COUNT]);
  for (const read of [getDevice, getPerson, getPublisher]) {
    expect((await refusalOf(read(ctx(), auditor, "none"))).code).toBe("not_found");
  }
});

test("an answer names 50 devices that are behind a revision at most, and counts all", async () => {
  const { epoch, revision } = await fixture.platformClaims();
  const spread = await readSpread(ctx().store.db, { epoch, revision }, fixture.clock.nowMs());
  expect(spread.behind).toHaveLength(50);
  expect(spread.total - spread.reached).toBeGreaterThan(50);
});
