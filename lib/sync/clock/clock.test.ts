import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { newestDocument, newestIssue } from "@/db/newest-document";
import { clocks, minRevisions } from "@/db/schema";
import { verifyDocument } from "@/native/core/documents/verify-document";
import { nodeCrypto } from "@/native/node/crypto";
import type { SigningContext } from "../context";
import { prepareKeys } from "../keyset/prepare-keys";
import { publicSuffixes } from "../public-suffixes";
import { publishDocuments } from "../publish-documents";
import { resignDocuments } from "../resign-documents";
import { publishNextKeyset } from "../testing/next-keyset";
import { openSyncFixture, type SyncFixture, setStatus, TEST_PLATFORM } from "../testing/sync-fixture";
import { CLOCK_JUMP_MS_MAX, jumpSince } from "./clock-jump";
import { clockFault, clockState } from "./clock-state";
import { measureClock } from "./measure-clock";

const APP = "com.example.a";
const HOUR = 3_600;
const DAY = 24 * HOUR;
let fixture: SyncFixture;
afterEach(() => fixture.close());

async function begin(): Promise<void> {
  fixture = await openSyncFixture();
  await fixture.addProgram(APP);
  await measureClock(fixture.store, fixture.ctx);
  await publish("widening");
}

const publish = (kind: "widening" | "narrowing", ctx: SigningContext = fixture.ctx) =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, ctx, {
      appIds: [APP],
      platform: true,
      changeSetId: null,
      narrows: kind === "narrowing",
      isNarrowing: kind === "narrowing",
    }),
  );

const newest = async () => {
  const issue = await newestIssue(fixture.store.db, "platform", "");
  if (issue === null) throw new Error("a platform document was published");
  return issue;
};
const wall = () => Math.floor(fixture.clock.nowMs() / 1000);
/** The wall clock alone moves. */
const jump = (seconds: number) => fixture.clock.set(fixture.clock.nowMs() + seconds * 1000);

describe("a clock that jumped", () => {
  it.each([
    ["ahead", 25 * HOUR],
    ["back", -25 * HOUR],
    ["a little more than five minutes", 301],
  ])("%s lets nothing out that allows more, until it is put right again", async (_, seconds) => {
    await begin();
    fixture.clock.advance(600);
    jump(seconds);
    await expect(publish("widening")).rejects.toMatchObject({
      code: "unavailable",
      details: [{ code: "CLOCK_JUMPED" }],
    });
    await measureClock(fixture.store, fixture.ctx);
    expect(await clockState(fixture.store.db, fixture.ctx)).toMatchObject({
      jumpMs: seconds * 1000,
      awaiting: [{ bootId: "boot-1", machine: "bench", jumpMs: seconds * 1000 }],
    });
    jump(-seconds);
    await publish("widening");
    await measureClock(fixture.store, fixture.ctx);
    expect(await clockState(fixture.store.db, fixture.ctx)).toMatchObject({ jumpMs: null, awaiting: [] });
    expect(fixture.logged).toEqual(["error clock_jumped", "info clock_right_again"]);
  });

  it("ahead lets a narrowing out with the newest time that was signed, and devices with a right clock take it", async () => {
    await begin();
    const signed = await newest();
    jump(400 * DAY);
    await setStatus(fixture.store, APP, "suspended");
    await publish("narrowing");
    expect((await newest()).issuedAtSeconds).toBe(signed.issuedAtSeconds);
    expect((await newest()).revision).toBe(signed.revision + 1);
  });

  it("back lets a narrowing out with the present time, which no device takes for the future", async () => {
    await begin();
    jump(-25 * HOUR);
    await publish("narrowing");
    expect((await newest()).issuedAtSeconds).toBe(wall());
  });

  it("keeps the minimum revisions of what was narrowed before", async () => {
    await begin();
    await publish("narrowing");
    jump(400 * DAY);
    const { store, ctx } = fixture;
    const blocking = { appIds: [], platform: true, changeSetId: null, narrows: true, isNarrowing: true } as const;
    await store.transaction((tx) => publishDocuments(tx, ctx, blocking));
    expect(await fixture.store.db.select({ appId: minRevisions.appId }).from(minRevisions)).toEqual([{ appId: APP }]);
  });

  it("signs nothing again", async () => {
    await begin();
    jump(20 * HOUR);
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
    jump(-20 * HOUR);
    fixture.clock.advance(20 * HOUR);
    expect(await resignDocuments(fixture.store, fixture.ctx)).not.toBeNull();
  });

  it("lets a keyset in without signing documents, and renews none by itself", async () => {
    await begin();
    const signed = await newest();
    jump(25 * HOUR);
    await publishNextKeyset(fixture, { raisesEpoch: true });
    expect(await newest()).toEqual(signed);
    jump(180 * DAY);
    const { store, ctx, folder } = fixture;
    const identity = { platformId: TEST_PLATFORM, environment: "development" as const };
    const prepared = await store.transaction((tx) => prepareKeys(tx, ctx, folder, identity));
    expect(prepared.keyset.revision).toBe(2);
  });

  it("on one machine is no other machine's: two processes of one store, one of which goes on", async () => {
    await begin();
    const other: SigningContext = {
      ...fixture.ctx,
      machine: { ...fixture.ctx.machine, bootId: "boot-2", name: "bench-2" },
    };
    await measureClock(fixture.store, other);
    const before = fixture.clock.nowMs();
    const jumped: SigningContext = { ...fixture.ctx, clock: { nowMs: () => before + 2 * HOUR * 1000 } };
    await measureClock(fixture.store, jumped);
    await expect(publish("widening", jumped)).rejects.toMatchObject({ code: "unavailable" });
    await publish("widening", other);
    expect((await clockState(fixture.store.db, other)).jumpMs).toBeNull();
    expect((await clockState(fixture.store.db, other)).awaiting).toMatchObject([{ machine: "bench" }]);
  });
});

it("a jump is told in the minutes that it was, not in the next full ones", () => {
  const jumped = (jumpMs: number) => clockFault({ machine: "vm", jumpMs })?.says;
  expect(jumped(3_600_020)).toContain("jumped 60 minutes ahead");
  expect(jumped(-90_000_020)).toContain("jumped 1500 minutes back");
});

describe("no jump", () => {
  it("is a machine that was switched off for days, nor a restart of the process within one run of the kernel", async () => {
    await begin();
    const restarted = { ...fixture.ctx, machine: { ...fixture.ctx.machine } };
    fixture.clock.advance(HOUR);
    await measureClock(fixture.store, restarted);
    expect(await clockState(fixture.store.db, restarted)).toMatchObject({ jumpMs: null });
    jump(9 * DAY);
    await measureClock(fixture.store, fixture.ctx);
    const rebooted = { ...fixture.ctx, machine: { bootId: "boot-2", name: "bench", uptimeMs: () => 30_000 } };
    await measureClock(fixture.store, rebooted);
    expect(await clockState(fixture.store.db, rebooted)).toMatchObject({ jumpMs: null, awaiting: [] });
    await publish("widening", rebooted);
  });

  it("is what stays within five minutes, however long the machine runs; steps that add up beyond it are one", () => {
    const second = fc.integer({ min: -100_000_000, max: 100_000_000 });
    fc.assert(
      fc.property(second, fc.nat(), fc.integer({ min: -600_000, max: 600_000 }), (wallSeconds, passedMs, offMs) => {
        const anchor = { wallMs: wallSeconds * 1000, uptimeMs: 5_000 };
        const later = { wallMs: anchor.wallMs + passedMs + offMs, uptimeMs: anchor.uptimeMs + passedMs };
        expect(jumpSince(anchor, later)).toBe(Math.abs(offMs) > CLOCK_JUMP_MS_MAX ? offMs : null);
      }),
    );
  });

  it("writes nothing while the clock goes as it should", async () => {
    await begin();
    const [anchor] = await fixture.store.db.select().from(clocks);
    fixture.clock.advance(DAY);
    jump(200);
    await measureClock(fixture.store, fixture.ctx);
    expect(await fixture.store.db.select().from(clocks)).toEqual([anchor]);
  });
});

it("a suspension of any clock acts on a device with a right one: accepted, or newer and expired, never from the future", async () => {
  await begin();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -900 * DAY, max: 900 * DAY }), async (seconds) => {
      jump(seconds);
      await publish("narrowing");
      const document = await newestDocument(fixture.store.db, "platform", "");
      jump(-seconds);
      const verdict = verifyDocument({
        jws: document?.jws ?? "",
        keyset: fixture.keyset,
        type: "bulkhead-platform",
        platform: TEST_PLATFORM,
        now: wall(),
        crypto: nodeCrypto,
        publicSuffixes: publicSuffixes(),
      });
      const acting = verdict.result === "accepted" ? verdict.document : verdict.expired;
      expect(acting?.claims.revision).toBe(document?.revision);
    }),
    { numRuns: 25 },
  );
});
