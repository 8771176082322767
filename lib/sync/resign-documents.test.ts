import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { markRestored } from "@/db/continuity";
import { newestDocument } from "@/db/newest-document";
import { writeMembers } from "@/db/published-members";
import { auditEntries, documents, programs, publisherKeys, publishers } from "@/db/schema";
import type { Announcement, Database, Store } from "@/db/store";
import { testStoreKind } from "@/db/testing/with-test-store";
import { createDocumentCache, type DocumentName } from "./documents/document-cache";
import { ownPayload } from "./documents/own-jws";
import { notOvertaken, prepareDue } from "./documents/sign-programs";
import { type PublishOptions, publishDocuments } from "./publish-documents";
import { resignDocuments } from "./resign-documents";
import { createDeviceKey } from "./testing/device-key";
import { publishNextKeyset } from "./testing/next-keyset";
import { openSyncFixture, type SyncFixture, setStatus } from "./testing/sync-fixture";

const COUNT = 120;
const appIdOf = (n: number) => `com.example.p${String(n).padStart(3, "0")}`;
const FIRST = appIdOf(0);
const LATE = appIdOf(60);
const KEY = createDeviceKey();
const ALL = Array.from({ length: COUNT }, (_, n) => appIdOf(n));

let fixture: SyncFixture;
let heard: Announcement[];

function publish(appIds: string[], options: Partial<PublishOptions> = {}) {
  const { store, ctx } = fixture;
  const all = { appIds, platform: true, changeSetId: null, narrows: false, ...options } as const;
  return store.transaction((tx) => publishDocuments(tx, ctx, all));
}

async function suspend(appId: string) {
  await setStatus(fixture.store, appId, "suspended");
  return await publish([appId], { narrows: true, isNarrowing: true });
}

/** The store, with something that happens after each of its transactions, which are counted from 1. */
function interrupted(happen: (after: number) => Promise<unknown>): Store {
  let count = 0;
  const store: Store = {
    ...fixture.store,
    in: () => store,
    async transaction(fn) {
      const result = await fixture.store.transaction(fn);
      count += 1;
      await happen(count);
      return result;
    },
  };
  return store;
}

const newEpoch = (happen: (after: number) => Promise<unknown> = async () => undefined) =>
  publishNextKeyset({ ...fixture, store: interrupted(happen) }, { raisesEpoch: true });

/** The epochs of what a process that asks now is handed out; 0 where it is told to wait. */
async function epochsOut(names: DocumentName[] = ["keyset", "platform", `program:${FIRST}`, `program:${LATE}`]) {
  const cache = createDocumentCache(fixture.store, fixture.ctx);
  const epochs: number[] = [];
  for (const name of names) {
    const epoch = await cache.newest(name).then(
      (document) => document?.epoch ?? null,
      () => 0,
    );
    epochs.push(epoch ?? -1);
  }
  return epochs;
}

/** How many programs have so many documents of an epoch. */
async function countsOf(epoch: number): Promise<Record<number, number>> {
  const rows = await fixture.store.db
    .select({ appId: documents.appId })
    .from(documents)
    .where(and(eq(documents.kind, "program"), eq(documents.epoch, epoch)));
  const counts: Record<number, number> = {};
  for (const appId of ALL) {
    const own = rows.filter((row) => row.appId === appId).length;
    counts[own] = (counts[own] ?? 0) + 1;
  }
  return counts;
}

async function partsOf(): Promise<{ named: number; left: number }[]> {
  const rows = await fixture.store.db
    .select({ after: auditEntries.after })
    .from(auditEntries)
    .where(eq(auditEntries.action, "document.resign"))
    .orderBy(auditEntries.sequence);
  return rows.map(({ after }) => {
    const { programs: named, left } = after as { programs: unknown[]; left: number };
    return { named: named.length, left };
  });
}

const platformClaims = async () => ownPayload((await newestDocument(fixture.store.db, "platform", ""))?.jws ?? "");

beforeEach(async () => {
  fixture = await openSyncFixture();
  const createdAt = new Date(fixture.clock.nowMs());
  await fixture.store.transaction(async ({ db }) => {
    await db.insert(publishers).values({ id: "pub_many", name: "Many", createdAt });
    const program = { publisherId: "pub_many", status: "active" as const, createdAt };
    await db.insert(programs).values(ALL.map((appId) => ({ ...program, appId, name: appId })));
  });
  await publish(ALL);
  heard = [];
  fixture.store.subscribe((announcement) => heard.push(announcement));
  // What was published until here may be heard late.
  await fixture.store.transaction(async (tx) => tx.announce({ topic: "probe", id: "begun" }));
  await expect.poll(() => heard.some(({ topic }) => topic === "probe")).toBe(true);
  heard = [];
});
afterEach(() => fixture.close());

const told = () => heard.filter((one) => one.topic === "documents");

describe(`a new epoch of many programs (${testStoreKind()})`, () => {
  it("is signed 50 at once, and begins with the platform document at the end: until then devices are handed what they had", async () => {
    const seen: number[][] = [];
    const keyset = await newEpoch(async () => void seen.push(await epochsOut()));
    const before = [1, 1, 1, 1];
    expect(seen).toEqual([before, before, before, before, [2, 2, 2, 2]]);
    expect(await countsOf(2)).toEqual({ 1: COUNT });
    expect(await partsOf()).toEqual([
      { named: 50, left: 70 },
      { named: 50, left: 20 },
      { named: 20, left: 0 },
      { named: 0, left: 0 },
    ]);
    // Nobody is told of a document before it can be fetched.
    await expect.poll(told).toMatchObject([
      {
        documents: [
          { kind: "keyset", epoch: 2, revision: keyset.revision },
          { kind: "platform", epoch: 2, revision: 1 },
        ],
        pace: "calm",
      },
    ]);
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
  });

  it("begins at once for a suspension in between, which is not undone and not signed twice", async () => {
    let seen: number[] = [];
    await newEpoch(async (after) => {
      if (after !== 2) return;
      const stopped = await suspend(LATE);
      expect(stopped.platform).toEqual({ epoch: 2, revision: 1 });
      seen = await epochsOut();
      expect((await platformClaims()).suspended).toEqual([LATE]);
    });
    expect(seen).toEqual([2, 2, 2, 2]);
    expect(await countsOf(2)).toEqual({ 1: COUNT });
    expect((await platformClaims()).suspended).toEqual([LATE]);
    // The keyset and what is stopped at once to everybody, the rest in a calm way.
    await expect.poll(() => told().map(({ pace }) => pace ?? "at once")).toEqual(["at once", "calm", "calm", "calm"]);
    expect(told()[0]).toMatchObject({ documents: [{ kind: "keyset" }, { appId: LATE }, { kind: "platform" }] });
  });

  it("answers that a program's document is to be waited for where it has none of the epoch that began", async () => {
    await newEpoch(async (after) => {
      if (after !== 1) return;
      await suspend(LATE);
      expect(await epochsOut()).toEqual([2, 2, 0, 2]);
    });
    expect(await epochsOut()).toEqual([2, 2, 2, 2]);
  });

  it("lets what takes nothing away wait until all are signed, and says so", async () => {
    await newEpoch(async (after) => {
      if (after !== 1) return;
      const refused = { code: "unavailable", retryAfterSeconds: 5, message: expect.stringContaining("119 programs") };
      await expect(publish([FIRST])).rejects.toMatchObject(refused);
    });
    expect((await publish([FIRST])).platform).toEqual({ epoch: 2, revision: 2 });
  });

  it("goes on where it was when the process was killed between two parts", async () => {
    const killed = new Error("killed");
    const kill = async (after: number) => {
      if (after === 2) throw killed;
    };
    await expect(newEpoch(kill)).rejects.toBe(killed);
    expect(await epochsOut()).toEqual([1, 1, 1, 1]);
    const signed = await resignDocuments(fixture.store, fixture.ctx);
    expect(signed?.programs).toHaveLength(70);
    expect(await countsOf(2)).toEqual({ 1: COUNT });
    expect(await epochsOut()).toEqual([2, 2, 2, 2]);
  });

  it("is signed once by two processes, and by neither for a keyset that another one took the place of", async () => {
    await newEpoch(async (after) => {
      if (after === 1) await resignDocuments(fixture.store, fixture.ctx);
    });
    expect(await countsOf(2)).toEqual({ 1: COUNT });
    await newEpoch(async (after) => {
      if (after === 2) await publishNextKeyset(fixture, { raisesEpoch: true });
    });
    expect(await countsOf(4)).toEqual({ 1: COUNT });
    expect(await epochsOut()).toEqual([4, 4, 4, 4]);
  });

  it("does not wait for a program that devices would refuse, which is told", async () => {
    const member = { kind: "host" as const, appId: FIRST, ruleId: "hr_wide" };
    const value = { host: "*.co.uk", ports: [443], purposes: ["request" as const] };
    await fixture.store.transaction(({ db }) =>
      writeMembers(db, [{ kind: "host", member, value }], { at: new Date(fixture.clock.nowMs()), changeSetId: null }),
    );
    await newEpoch();
    expect(await epochsOut()).toEqual([2, 2, 0, 2]);
    expect(fixture.logged).toContain("error document_not_signed");
  });
});

describe(`documents that run out (${testStoreKind()})`, () => {
  it("are told of part by part in a calm way, and keep their epoch", async () => {
    fixture.clock.advance(61 * 86_400);
    expect((await resignDocuments(fixture.store, fixture.ctx))?.programs).toHaveLength(COUNT);
    await expect.poll(() => told().map(({ documents: named }) => named.length)).toEqual([50, 50, 20, 1]);
    expect(new Set(told().map(({ pace }) => pace))).toEqual(new Set(["calm"]));
  });

  it("are not signed from what a publish in between has changed", async () => {
    fixture.clock.advance(61 * 86_400);
    const store = interrupted(async (after) => {
      if (after === 1) await suspend(LATE);
    });
    await resignDocuments(store, fixture.ctx);
    expect(await countsOf(1)).toEqual({ 2: COUNT });
    const claims = ownPayload((await newestDocument(fixture.store.db, "program", LATE))?.jws ?? "");
    expect(claims.status).toBe("suspended");
  });
});

describe(`a program that is written to while its document is signed (${testStoreKind()})`, () => {
  it("is signed once more in the same turn, before the platform document", async () => {
    fixture.clock.advance(61 * 86_400);
    let count = 0;
    const store: Store = {
      ...fixture.store,
      in: () => store,
      async transaction(fn) {
        count += 1;
        // The second one stores what was signed of this program a moment ago.
        if (count === 2) {
          await fixture.store.transaction(({ db }) =>
            db.update(programs).set({ name: "Other" }).where(eq(programs.appId, LATE)),
          );
        }
        return await fixture.store.transaction(fn);
      },
    };
    await resignDocuments(store, fixture.ctx);
    expect(await countsOf(1)).toEqual({ 2: COUNT });
    expect((await partsOf()).map(({ named }) => named)).toEqual([50, 49, 20, 1, 0]);
  });
});

describe(`what was prepared for signing (${testStoreKind()})`, () => {
  const rule = { kind: "host" as const, member: { kind: "host" as const, appId: FIRST, ruleId: "hr_new" } };
  const value = { host: "api.example.com", ports: [443], purposes: ["request" as const] };
  const rows = { at: new Date(0), changeSetId: null };

  it.each<[string, (db: Database) => Promise<unknown>]>([
    ["the program", (db) => db.update(programs).set({ name: "Other" }).where(eq(programs.appId, FIRST))],
    ["a member of it", (db) => writeMembers(db, [{ ...rule, value }], rows)],
    [
      "a key of its publisher",
      (db) =>
        db
          .insert(publisherKeys)
          .values({ publisherId: "pub_many", kid: "k", jwk: KEY.jwk, status: "active", createdAt: rows.at }),
    ],
  ])("is not stored after %s was written", async (_, write) => {
    const { store, ctx } = fixture;
    const keyset = { ...fixture.keyset, epoch: 2 };
    const prepared = await prepareDue(store.db, ctx, keyset, [FIRST, LATE]);
    expect(prepared).toHaveLength(2);
    await store.transaction(({ db }) => write(db));
    const stored = await store.transaction((tx) => notOvertaken(tx, prepared));
    expect(stored.map(({ appId }) => appId)).not.toContain(FIRST);
  });

  it("is let through as it was signed where nothing was written", async () => {
    const { store, ctx } = fixture;
    const prepared = await prepareDue(store.db, ctx, { ...fixture.keyset, epoch: 2 }, [FIRST, LATE]);
    const stored = await store.transaction((tx) => notOvertaken(tx, prepared));
    expect(stored.map(({ appId, epoch, revision }) => [appId, epoch, revision])).toEqual([
      [FIRST, 2, 1],
      [LATE, 2, 1],
    ]);
  });
});

describe(`many programs after a restore (${testStoreKind()})`, () => {
  it("are left to be signed by a publish, which goes out at once", async () => {
    const at = new Date(fixture.clock.nowMs());
    await fixture.store.transaction(({ db }) => markRestored(db, { restoredAt: at, backupAt: at }));
    expect((await publish([FIRST])).programs).toHaveLength(1);
    expect(await epochsOut()).toEqual([1, 1, 1, 0]);
    await expect.poll(() => heard).toContainEqual({ topic: "documents", documents: [] });
    expect((await resignDocuments(fixture.store, fixture.ctx))?.programs).toHaveLength(COUNT - 1);
    expect(await epochsOut()).toEqual([1, 1, 1, 1]);
  });
});
