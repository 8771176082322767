import { afterAll, beforeAll, expect, test } from "vitest";
import { changeSets, devices, people, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { listChangeSets } from "./change-sets/list-change-sets";
import { listDevices } from "./devices/list-devices";
import { readSpread } from "./devices/spread";
import { listPeople } from "./people/list-people";
import { listPublishers } from "./publishers/list-publishers";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "./testing/service-fixture";

let fixture: ServiceFixture;
let auditor: PersonActor;
const at = new Date(Date.UTC(2026, 0, 5, 12));
beforeAll(async () => {
  fixture = await openServiceFixture();
  auditor = await fixture.person("auditor");
});
afterAll(() => fixture.close());

type List = {
  /** Rows that the list is of, so many of them. */
  fill(db: Database, ids: string[]): Promise<unknown>;
  read(): Promise<{ length: number }>;
};

const device = (id: string) => ({
  ...{ id, name: id, publicJwk: KEY_ONE, thumbprint: id, runtimeKind: "linux", runtimeVersion: "0.1.0" },
  ...{ runtimeLayers: [], discarded: {}, enrolledAt: at, lastSeenAt: new Date(fixture.clock.nowMs()) },
});
const person = (id: string) => ({
  ...{ id, name: id, email: `${id}@harbor.example`, role: "auditor" as const, publisherId: null },
  ...{ state: "active" as const, createdAt: at },
});
const changeSet = (id: string) => ({
  ...{ id, ownerId: "per_none", state: "withdrawn" as const, createdAt: at, updatedAt: at },
});

/** By what is listed: how much of it an answer has at most. */
const LISTS: [string, number, List][] = [
  [
    "change sets of a page",
    50,
    {
      fill: (db, ids) => db.insert(changeSets).values(ids.map(changeSet)),
      read: async () => (await listChangeSets(fixture.ctx, auditor, { state: "all" })).items,
    },
  ],
  [
    "publishers",
    500,
    {
      fill: (db, ids) => db.insert(publishers).values(ids.map((id) => ({ id, name: id, createdAt: at }))),
      read: async () => (await listPublishers(fixture.ctx, auditor)).items,
    },
  ],
  [
    "devices",
    500,
    {
      fill: (db, ids) => db.insert(devices).values(ids.map(device)),
      read: async () => (await listDevices(fixture.ctx, auditor)).items,
    },
  ],
  [
    "devices behind a revision",
    50,
    {
      // Those of the list above.
      fill: async () => undefined,
      read: async () => {
        const { epoch, revision } = await fixture.platformClaims();
        return (await readSpread(fixture.ctx.store.db, { epoch, revision }, fixture.clock.nowMs())).behind;
      },
    },
  ],
  [
    "people",
    1000,
    {
      fill: (db, ids) => db.insert(people).values(ids.map(person)),
      read: async () => (await listPeople(fixture.ctx, auditor)).items,
    },
  ],
];

test.each(LISTS)("an answer has so many %s at most: %i", async (_, most, { fill, read }) => {
  const ids = Array.from({ length: most + 1 }, (_, nth) => `id_${nth}`);
  await fixture.ctx.store.transaction(({ db }) => fill(db, ids));
  expect((await read()).length).toBe(most);
});

test("a page of change sets names a next one only where there is one", async () => {
  const first = await listChangeSets(fixture.ctx, auditor, { state: "ended" });
  expect(first.nextCursor).not.toBeNull();
  const last = await listChangeSets(fixture.ctx, auditor, { state: "ended", cursor: first.nextCursor ?? "" });
  expect(last).toMatchObject({ items: { length: 1 }, nextCursor: null });
});
