import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { markRestored, REVISION_LIFT } from "@/db/continuity";
import { newestDocument, newestPosition } from "@/db/newest-document";
import { removeMember, writeMembers } from "@/db/published-members";
import { auditEntries, continuity, devices, documents, heldDocuments, heldNarrowings } from "@/db/schema";
import type { Announcement } from "@/db/store";
import type { Position } from "@/native/core/documents/position";
import { signCompact } from "@/native/core/documents/sign-document";
import { ownPayload } from "../documents/own-jws";
import { publishDocuments } from "../publish-documents";
import { resignDocuments } from "../resign-documents";
import { createRuntimeApi } from "../runtime/runtime-api";
import { buildBatch } from "../testing/batch-builder";
import { loseDocuments } from "../testing/lose-documents";
import { publishNextKeyset } from "../testing/next-keyset";
import { openRuntimeFixture, type RuntimeFixture } from "../testing/runtime-fixture";
import { openSyncFixture, setStatus } from "../testing/sync-fixture";
import { continuityState } from "./continuity-state";

const APP = "com.example.a";
const TRACKER = { kind: "blocked-host", host: "tracker.example" } as const;
let fixture: RuntimeFixture;
afterEach(() => fixture.close());

const publish = (options: { appIds?: string[]; narrows?: boolean; isNarrowing?: boolean } = {}) =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds: [APP], platform: true, changeSetId: null, narrows: false, ...options }),
  );

/** A platform with one program, published a few times. */
async function begin(options: Parameters<typeof openRuntimeFixture>[0] = {}): Promise<Position> {
  fixture = await openRuntimeFixture(options);
  await fixture.addProgram(APP);
  await publish();
  return (await publish()).platform;
}

async function codeOf(response: Response): Promise<string> {
  const body: { error?: { code: string; details?: { code: string }[] } } = await response.json();
  const { code = "", details = [] } = body.error ?? {};
  return [response.status, code, ...details.map((detail) => detail.code)].join(" ").trim();
}

const handBack = (token: string, jws: string, contentType = "application/jose") =>
  fixture.fetch("held", { method: "POST", headers: { "content-type": contentType }, body: jws, token });

async function report(token: string, { epoch, revision }: Position, members: Record<string, unknown> = {}) {
  const applied = { epoch, keyset: 1, platform: revision, programs: {} };
  const response = await fixture.post("telemetry", buildBatch(fixture.nowSeconds(), { applied, ...members }), token);
  const answer: { wanted?: string[] } = await response.json();
  return answer.wanted ?? [];
}

async function learned(): Promise<number> {
  const rows = await fixture.store.db.select().from(auditEntries).where(eq(auditEntries.action, "continuity.learn"));
  return rows.length;
}

async function restore(): Promise<void> {
  const at = new Date(fixture.clock.nowMs());
  await fixture.store.transaction(({ db }) => markRestored(db, { restoredAt: at, backupAt: at }));
}

/** Published after the backup, with the program suspended and a host blocked, and then lost. */
async function loseThree(at: Position): Promise<string[]> {
  await publish();
  await setStatus(fixture.store, APP, "suspended");
  await fixture.store.transaction(({ db }) =>
    writeMembers(db, [{ kind: "blocked-host", member: TRACKER, value: true }], { at: new Date(), changeSetId: null }),
  );
  await publish({ narrows: true });
  await publish();
  const lost = await loseDocuments(fixture.store, at);
  await setStatus(fixture.store, APP, "active");
  await fixture.store.transaction(({ db }) => removeMember(db, TRACKER));
  return lost;
}

const platformClaims = async () => ownPayload((await newestDocument(fixture.store.db, "platform", ""))?.jws ?? "");

describe("after a restore", () => {
  it("hands out no document until the next publish, which signs all of them above what the lost store may have given out", async () => {
    const at = await begin();
    await fixture.addProgram("com.example.b");
    await publish({ appIds: ["com.example.b"] });
    const { accessToken } = await fixture.addDevice();
    await restore();
    expect(await codeOf(await fixture.fetch("platform"))).toBe("503 unavailable");
    const refused = await fixture.fetch(`programs/${APP}`, { token: accessToken });
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(await codeOf(refused)).toBe("503 unavailable");
    expect((await fixture.fetch("keyset")).status).toBe(200);
    expect(await report(accessToken, at)).toEqual([]);

    const { platform, programs } = await publish({ narrows: true });
    expect(platform.revision).toBeGreaterThan(at.revision + REVISION_LIFT);
    expect(programs.map(({ appId, revision }) => [appId, revision])).toEqual([
      [APP, platform.revision],
      ["com.example.b", platform.revision],
    ]);
    expect((await fixture.fetch("platform")).status).toBe(200);
    expect((await fixture.fetch(`programs/${APP}`, { token: accessToken })).status).toBe(200);
    expect((await publish()).platform.revision).toBe(platform.revision + 1);
  });

  it("stops a program without waiting for the others, whose documents are not handed out until they are signed again", async () => {
    await begin();
    await fixture.addProgram("com.example.b");
    const before = (await publish({ appIds: ["com.example.b"] })).platform;
    const { accessToken } = await fixture.addDevice();
    await restore();
    const heard: Announcement[] = [];
    fixture.store.subscribe((announcement) => heard.push(announcement));
    const stopped = await publish({ narrows: true, isNarrowing: true });
    expect(stopped.programs.map(({ appId }) => appId)).toEqual([APP]);
    expect(stopped.platform.revision).toBeGreaterThan(before.revision + REVISION_LIFT);
    expect((await fixture.fetch("platform")).status).toBe(200);
    expect((await fixture.fetch(`programs/${APP}`, { token: accessToken })).status).toBe(200);
    const other = () => fixture.fetch("programs/com.example.b", { token: accessToken });
    expect(await codeOf(await other())).toBe("503 unavailable");
    // What sets signing going.
    expect(heard).toContainEqual({ topic: "documents", documents: [] });

    const signed = await resignDocuments(fixture.store, fixture.ctx);
    expect(signed?.programs.map(({ appId }) => appId)).toEqual(["com.example.b"]);
    expect(signed?.programs[0]?.revision).toBeGreaterThan(before.revision + REVISION_LIFT);
    expect((await other()).status).toBe(200);
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
  });

  it("begins a program that was registered anew above the revisions of the lost one", async () => {
    await begin();
    await restore();
    const resumed = await publish();
    await fixture.addProgram("com.example.late");
    const { programs } = await publish({ appIds: ["com.example.late"] });
    expect(programs[0]?.revision).toBeGreaterThanOrEqual(resumed.platform.revision);
  });

  it("signs nothing again by itself while a person has to look", async () => {
    await begin();
    await restore();
    fixture.clock.advance(20 * 3_600);
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
    await publish();
    fixture.clock.advance(20 * 3_600);
    expect(await resignDocuments(fixture.store, fixture.ctx)).not.toBeNull();
  });

  it("takes a keyset of a new epoch without signing: the restored one, too, begins above what was given out", async () => {
    await begin();
    await restore();
    await publishNextKeyset(fixture, { raisesEpoch: true });
    expect((await newestPosition(fixture.store.db, "platform", ""))?.epoch).toBe(1);
    expect((await publish()).platform).toEqual({ epoch: 2, revision: REVISION_LIFT + 1 });
  });

  it("is resumed once by several publishes at a time, each with a revision of its own", async () => {
    await begin();
    await restore();
    const published = await Promise.all([publish(), publish(), publish()]);
    const revisions = published.map(({ platform }) => platform.revision).sort((a, b) => a - b);
    expect(revisions).toEqual([revisions[0], (revisions[0] ?? 0) + 1, (revisions[0] ?? 0) + 2]);
    const resumed = await fixture.store.db
      .select()
      .from(auditEntries)
      .where(eq(auditEntries.action, "continuity.resume"));
    expect(resumed).toHaveLength(1);
  });

  it("keeps in force what only a device's document stops, until the store's own state stops it", async () => {
    const at = await begin();
    const lost = await loseThree(at);
    const { accessToken } = await fixture.addDevice();
    await restore();
    expect(await report(accessToken, { ...at, revision: at.revision + 3 })).toEqual(["platform"]);
    expect((await handBack(accessToken, lost[2] ?? "")).status).toBe(200);
    await publish();
    expect(await platformClaims()).toMatchObject({ suspended: [APP], blockedHosts: ["tracker.example"] });
    expect((await continuityState(fixture.store.db)).unknownNarrowings).toBe(2);

    await setStatus(fixture.store, APP, "suspended");
    await publish({ narrows: true });
    const kept = await fixture.store.db.select().from(heldNarrowings).where(eq(heldNarrowings.subject, APP));
    expect(kept).toMatchObject([{ verdict: "kept" }]);
    await setStatus(fixture.store, APP, "active");
    await publish();
    expect(await platformClaims()).toMatchObject({ suspended: [], blockedHosts: ["tracker.example"] });
  });

  it("leaves lifted what people kept and lifted since, when a document signed before that comes back", async () => {
    const at = await begin();
    await publish();
    await setStatus(fixture.store, APP, "suspended");
    fixture.clock.advance(60);
    await publish({ narrows: true });
    await publish();
    const [, older = "", newer = ""] = await loseDocuments(fixture.store, at);
    fixture.clock.advance(60);
    await setStatus(fixture.store, APP, "active");
    await restore();
    await handBack((await fixture.addDevice()).accessToken, older);
    await setStatus(fixture.store, APP, "suspended");
    await publish({ narrows: true });
    await setStatus(fixture.store, APP, "active");
    await publish();
    await handBack((await fixture.addDevice()).accessToken, newer);
    expect((await continuityState(fixture.store.db)).unknownNarrowings).toBe(0);
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
  });

  it("does not forget a suspension that a device hands back only after documents were signed again", async () => {
    const at = await begin();
    const lost = await loseThree(at);
    const { accessToken } = await fixture.addDevice();
    await restore();
    await publish();
    expect(await report(accessToken, { ...at, revision: at.revision + 3 })).toEqual(["platform"]);
    expect((await handBack(accessToken, lost[2] ?? "")).status).toBe(200);
    expect((await fixture.fetch("platform")).status).toBe(200);
    expect(await resignDocuments(fixture.store, fixture.ctx)).not.toBeNull();
    expect(await platformClaims()).toMatchObject({ suspended: [APP] });
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
  });

  it("takes a suspension for lifted where a newer document no longer has it, whichever comes first", async () => {
    const at = await begin();
    await setStatus(fixture.store, APP, "suspended");
    await publish({ narrows: true });
    await setStatus(fixture.store, APP, "active");
    await publish();
    const [suspended = "", lifted = ""] = await loseDocuments(fixture.store, at);
    const one = await fixture.addDevice();
    const two = await fixture.addDevice();
    await handBack(one.accessToken, suspended);
    expect((await continuityState(fixture.store.db)).unknownNarrowings).toBe(1);
    await handBack(two.accessToken, lifted);
    const rows = await fixture.store.db.select().from(heldNarrowings);
    expect(rows).toMatchObject([{ subject: APP, verdict: "lifted" }]);
    const three = await fixture.addDevice();
    await handBack(three.accessToken, suspended);
    expect((await continuityState(fixture.store.db)).unknownNarrowings).toBe(0);
  });
});

describe("after a failover to an older replica", () => {
  it("is not blocked by what a device says, only by what it proves; the next publish is above it", async () => {
    const at = await begin();
    const lost = await loseThree(at);
    const { accessToken } = await fixture.addDevice();
    expect(await report(accessToken, { ...at, revision: Number.MAX_SAFE_INTEGER })).toEqual(["platform"]);
    expect((await fixture.fetch("platform")).status).toBe(200);

    expect(await (await handBack(accessToken, lost[2] ?? "")).json()).toEqual({
      epoch: 1,
      revision: at.revision + 3,
      result: "learned",
    });
    expect(await codeOf(await fixture.fetch("platform"))).toBe("503 unavailable");
    const { platform, programs } = await publish();
    expect(platform).toEqual({ epoch: 1, revision: at.revision + 4 });
    expect(programs).toEqual([{ appId: APP, revision: at.revision + 4 }]);
    expect((await fixture.fetch("platform")).status).toBe(200);
  });

  it("finds out about another document of the very same revision, by the refusal that the device reports", async () => {
    const at = await begin();
    await publish();
    const [lost = ""] = await loseDocuments(fixture.store, at);
    fixture.clock.advance(60);
    const ours = (await publish()).platform;
    const { accessToken } = await fixture.addDevice();
    const refused = { eventId: "evt-0001", at: fixture.nowSeconds(), type: "document_refused", code: "CONFLICT" };
    expect(await report(accessToken, ours)).toEqual([]);
    expect(await report(accessToken, ours, { events: [refused] })).toEqual(["platform"]);
    expect((await handBack(accessToken, lost)).status).toBe(200);
    expect((await continuityState(fixture.store.db)).isBehind).toBe(true);
    expect((await publish()).platform.revision).toBe(ours.revision + 1);
    expect((await continuityState(fixture.store.db)).isBehind).toBe(false);
  });

  it("closes the doors of every process of the store, also where the document was served a moment ago", async () => {
    const at = await begin();
    const lost = await loseThree(at);
    const { store, bundles, ctx, accessKey } = fixture;
    const other = createRuntimeApi({ store, bundles, ctx, accessKey, validatesOutput: true });
    const served = () => other.handlers.platform(new Request("http://console.test/api/runtime/v1/platform"));
    expect((await served()).status).toBe(200);
    await handBack((await fixture.addDevice()).accessToken, lost[0] ?? "");
    await expect.poll(async () => (await served()).status).toBe(503);
    await publish();
    await expect.poll(async () => (await served()).status).toBe(200);
    other.close();
  });

  it("lists each device that proved it once, and writes one audit entry a raise, not one a device", async () => {
    const at = await begin();
    const lost = await loseThree(at);
    for (const index of [1, 2, 2]) {
      const { accessToken } = await fixture.addDevice();
      await handBack(accessToken, lost[index] ?? "");
      await handBack(accessToken, lost[index] ?? "");
      expect(await report(accessToken, { ...at, revision: at.revision + index + 1 })).toEqual([]);
    }
    expect(await fixture.store.db.select().from(heldDocuments)).toHaveLength(3);
    expect(await learned()).toBe(2);
  });

  it("asks for nothing in an epoch that this platform's keyset does not have", async () => {
    const at = await begin();
    const { accessToken } = await fixture.addDevice();
    expect(await report(accessToken, { epoch: 2, revision: 1 })).toEqual([]);
    expect(await report(accessToken, { epoch: at.epoch, revision: at.revision + 1 })).toEqual(["platform"]);
  });
});

describe("a document handed back", () => {
  /** A platform document by our own policy key, with these claims changed. */
  async function sign(change: Record<string, unknown>, typ = "bulkhead-platform"): Promise<string> {
    const { ctx, keyset } = fixture;
    const kid = await ctx.signer.activeKid(keyset);
    const claims = { ...(await platformClaims()), revision: 90, ...change };
    return await signCompact({ typ, kid, claims, sign: (data) => ctx.signer.sign(kid, data) });
  }

  it("of a stolen key, at the end of all revisions, is listed, and neither shuts the doors nor stops narrowing", async () => {
    await begin();
    const { accessToken } = await fixture.addDevice();
    const stolen = await sign({ revision: Number.MAX_SAFE_INTEGER, suspended: [APP] });
    expect(await (await handBack(accessToken, stolen)).json()).toMatchObject({ result: "learned" });
    expect((await fixture.fetch("platform")).status).toBe(200);
    expect(await continuityState(fixture.store.db)).toMatchObject({ isBehind: false, fastForwarded: 1 });
    const { platform } = await publish({ narrows: true });
    expect(platform.revision).toBeLessThan(100);
    expect(await platformClaims()).toMatchObject({ suspended: [] });
  });

  it("of another platform or epoch, or of the future, counts for nothing", async () => {
    await begin();
    const future = Date.UTC(2027, 0, 1) / 1000;
    for (const [change, code] of [
      [{ platform: "other.test" }, "WRONG_PLATFORM"],
      [{ epoch: 2 }, "NOT_YET_VALID"],
      [{ iat: future, exp: future + 60 }, "NOT_YET_VALID"],
    ] as const) {
      const { accessToken } = await fixture.addDevice();
      expect(await codeOf(await handBack(accessToken, await sign(change)))).toBe(`422 unprocessable ${code}`);
    }
    expect(await fixture.store.db.select().from(continuity)).toEqual([]);
    expect(await fixture.store.db.select().from(heldDocuments)).toEqual([]);
  });

  it("of an epoch before counts for nothing", async () => {
    await begin();
    const old = await sign({});
    await publishNextKeyset(fixture, { raisesEpoch: true });
    const { accessToken } = await fixture.addDevice();
    expect(await codeOf(await handBack(accessToken, old))).toBe("422 unprocessable ROLLED_BACK");
    expect(await fixture.store.db.select().from(continuity)).toEqual([]);
  });

  it("of another type, by another key, malformed or huge counts for nothing", async () => {
    await begin();
    const other = await openSyncFixture();
    const foreign = (await newestDocument(other.store.db, "platform", ""))?.jws ?? "";
    await other.close();
    for (const [body, code] of [
      [await sign({}, "bulkhead-program"), "422 unprocessable WRONG_TYPE"],
      [foreign, "422 unprocessable UNKNOWN_KEY"],
      [(await sign({})).replace(/.{4}$/, "AAAA"), "422 unprocessable BAD_SIGNATURE"],
      ["no document", "422 unprocessable MALFORMED"],
      [`${"a".repeat(1024 * 1024 + 400_000)}.b.c`, "422 unprocessable MALFORMED"],
      ["a".repeat(2 * 1024 * 1024 + 1), "413 payload_too_large"],
    ] as const) {
      const { accessToken } = await fixture.addDevice();
      expect(await codeOf(await handBack(accessToken, body))).toBe(code);
    }
    expect(await fixture.store.db.select().from(continuity)).toEqual([]);
  });

  it("counts when it has expired: the revision was given out", async () => {
    const at = await begin();
    const lost = await loseThree(at);
    fixture.clock.advance(25 * 3_600);
    const { accessToken } = await fixture.addDevice();
    expect((await handBack(accessToken, lost[2] ?? "")).status).toBe(200);
    expect((await continuityState(fixture.store.db)).proven?.revision).toBe(at.revision + 3);
  });

  it("that this store has itself tells nothing", async () => {
    await begin();
    const { accessToken } = await fixture.addDevice();
    const own = (await newestDocument(fixture.store.db, "platform", ""))?.jws ?? "";
    expect(await (await handBack(accessToken, own)).json()).toMatchObject({ result: "known" });
    expect(await fixture.store.db.select().from(continuity)).toEqual([]);
  });

  it("is taken from enrolled devices alone, and not without end", async () => {
    const at = await begin();
    const [lost = ""] = await loseThree(at);
    expect(await codeOf(await handBack("none", lost))).toBe("401 unauthenticated");
    const { accessToken, deviceId } = await fixture.addDevice();
    expect(await codeOf(await handBack(accessToken, lost, "application/json"))).toBe("415 unsupported_media_type");
    for (let n = 0; n < 4; n += 1) await handBack(accessToken, lost);
    expect(await codeOf(await handBack(accessToken, lost))).toBe("429 limit_exceeded");
    const revokedAt = new Date(fixture.clock.nowMs());
    await fixture.store.transaction(({ db }) => db.update(devices).set({ revokedAt }).where(eq(devices.id, deviceId)));
    expect(await codeOf(await handBack(accessToken, lost))).toBe("401 device_revoked");
  });
});

it("never signs a revision twice, nor at or below one that a device proved, whatever happens in whatever order", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("publish" as const) }),
    fc.record({ kind: fc.constant("lose" as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant("restore" as const), count: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ kind: fc.constant("held" as const), which: fc.nat() }),
  );
  fixture = await openRuntimeFixture();
  await fixture.addProgram(APP);
  const given = new Map<string, string>();
  let lost: string[] = [];
  const see = async () => {
    for (const row of await fixture.store.db.select().from(documents)) {
      const key = `${row.kind}/${row.appId}/${row.epoch}/${row.revision}`;
      given.set(key, given.get(key) ?? row.sha256);
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { accessToken } = await fixture.addDevice();
      for (const act of steps) {
        fixture.clock.advance(20);
        const newest = await newestPosition(fixture.store.db, "platform", "");
        if (newest === null) throw new Error("the first document is never lost");
        if (act.kind === "publish") {
          const { proven } = await continuityState(fixture.store.db);
          const { platform } = await publish();
          expect(platform.revision).toBeGreaterThan(Math.max(newest.revision, proven?.revision ?? 0));
        } else if (act.kind === "held") {
          const jws = lost[act.which % Math.max(lost.length, 1)];
          if (jws !== undefined) expect((await handBack(accessToken, jws)).status).toBeLessThan(430);
        } else {
          await see();
          const above = Math.max(1, newest.revision - act.count);
          lost = [...lost, ...(await loseDocuments(fixture.store, { epoch: 1, revision: above }))];
          // A loss that nobody noticed yet is found by a device; a restore lifts above it by itself.
          if (act.kind === "restore") await restore();
          else for (const jws of lost.slice(-1)) await handBack((await fixture.addDevice()).accessToken, jws);
        }
      }
      await publish();
      for (const row of await fixture.store.db.select().from(documents)) {
        const before = given.get(`${row.kind}/${row.appId}/${row.epoch}/${row.revision}`);
        expect(before ?? row.sha256).toBe(row.sha256);
      }
    }),
    { numRuns: 12 },
  );
});
