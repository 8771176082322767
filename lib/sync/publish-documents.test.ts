import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it } from "vitest";
import { newestDocument } from "@/db/newest-document";
import { writeMembers } from "@/db/published-members";
import { auditEntries, documents, keysets, minRevisions, publishedMembers } from "@/db/schema";
import type { Announcement } from "@/db/store";
import { signKeyset } from "@/native/core/documents/sign-document";
import { ownPayload } from "./documents/own-jws";
import { planNextKeyset } from "./keyset/keyset-claims";
import { publishKeyset } from "./keyset/publish-keyset";
import { signWithRootKey } from "./keyset/sign-with-root-key";
import { publishDocuments } from "./publish-documents";
import { resignDocuments } from "./resign-documents";
import { publishNextKeyset } from "./testing/next-keyset";
import { openSyncFixture, type SyncFixture, setStatus } from "./testing/sync-fixture";

let fixture: SyncFixture;
afterEach(() => fixture.close());

function publish(appIds: string[], options: { narrows?: boolean; changeSetId?: string } = {}) {
  const { store, ctx } = fixture;
  const { narrows = false, changeSetId = null } = options;
  return store.transaction((tx) => publishDocuments(tx, ctx, { appIds, platform: true, changeSetId, narrows }));
}

async function claimsOf(kind: "platform" | "program", appId = "") {
  const document = await newestDocument(fixture.store.db, kind, appId);
  return ownPayload(document?.jws ?? "");
}

describe("publishing", () => {
  it("raises the platform document with every publish, and each program's by one", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    const before = await newestDocument(fixture.store.db, "platform", "");
    const first = await publish(["com.example.a"]);
    const second = await publish(["com.example.a"]);
    expect(first).toEqual({
      platform: { epoch: 1, revision: (before?.revision ?? 0) + 1 },
      programs: [{ appId: "com.example.a", revision: 1 }],
    });
    expect(second.platform.revision).toBe(first.platform.revision + 1);
    expect(second.programs).toEqual([{ appId: "com.example.a", revision: 2 }]);
  });

  it("announces the documents after the commit, and nothing of a publish that failed", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    const heard: Announcement[] = [];
    fixture.store.subscribe((announcement) => void heard.push(announcement));
    await expect(publish(["com.example.missing"])).rejects.toMatchObject({ code: "not_found" });
    await publish(["com.example.a"]);
    // What was published before may be heard late: it names no program.
    const ofPrograms = () =>
      heard.filter((one) => one.topic === "documents" && one.documents.some(({ kind }) => kind === "program"));
    await expect.poll(ofPrograms).toMatchObject([
      {
        documents: [
          { kind: "program", appId: "com.example.a", revision: 1 },
          { kind: "platform", appId: null },
        ],
      },
    ]);
  });

  it("sets older documents of a narrowed program below the minimum, until they have all expired", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    await publish(["com.example.a"]);
    await publish(["com.example.a"], { narrows: true });
    expect((await claimsOf("platform")).minRevisions).toEqual({ "com.example.a": 2 });
    fixture.clock.advance(89 * 86_400);
    await publish(["com.example.a"]);
    expect((await claimsOf("platform")).minRevisions).toEqual({ "com.example.a": 2 });
    fixture.clock.advance(2 * 86_400);
    await publish([]);
    expect((await claimsOf("platform")).minRevisions).toEqual({});
  });

  it("names suspended programs in the platform document", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    await setStatus(fixture.store, "com.example.a", "suspended");
    await publish(["com.example.a"], { narrows: true });
    expect((await claimsOf("platform")).suspended).toEqual(["com.example.a"]);
    expect((await claimsOf("program", "com.example.a")).status).toBe("suspended");
  });

  it("publishes nothing that devices would refuse", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    await publish(["com.example.a"]);
    const before = await fixture.store.db.select().from(documents);
    const member = { kind: "host" as const, appId: "com.example.a", ruleId: "hr_wide" };
    const value = { host: "*.co.uk", ports: [443], purposes: ["request" as const] };
    await fixture.store.transaction(({ db }) =>
      writeMembers(db, [{ kind: "host", member, value }], { at: new Date(fixture.clock.nowMs()), changeSetId: null }),
    );
    await expect(publish(["com.example.a"])).rejects.toMatchObject({ code: "unprocessable" });
    expect(await fixture.store.db.select().from(documents)).toHaveLength(before.length);
  });

  it("signs with the present time after a clock that was ahead: the revision alone orders, and stopping works at once", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    fixture.clock.advance(25 * 3_600);
    const ahead = await publish(["com.example.a"]);
    fixture.clock.advance(-25 * 3_600);
    const back = await publish([], { narrows: true });
    expect(back.platform.revision).toBe(ahead.platform.revision + 1);
    const [newest] = await fixture.store.db
      .select()
      .from(documents)
      .where(eq(documents.revision, back.platform.revision));
    expect(newest?.issuedAtSeconds).toBe(Math.floor(fixture.ctx.clock.nowMs() / 1000));
  });

  it("signs again at once what a clock that was ahead has signed, since devices would refuse it", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    fixture.clock.advance(25 * 3_600);
    await publish(["com.example.a"]);
    fixture.clock.advance(-25 * 3_600);
    expect((await resignDocuments(fixture.store, fixture.ctx))?.programs.map(({ appId }) => appId)).toEqual([
      "com.example.a",
    ]);
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
  });

  it("never gives two publishes at once the same revision", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    const published = await Promise.all([1, 2, 3, 4].map(() => publish(["com.example.a"])));
    expect(new Set(published.map(({ platform }) => platform.revision)).size).toBe(4);
    expect(new Set(published.map(({ programs }) => programs[0]?.revision)).size).toBe(4);
  });
});

describe("signing again", () => {
  it("happens when the platform document has less than 16 hours left, and keeps the decision", async () => {
    fixture = await openSyncFixture();
    await publish([], { changeSetId: "cs_decision" });
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
    fixture.clock.advance(9 * 3_600);
    const again = await resignDocuments(fixture.store, fixture.ctx);
    const claims = await claimsOf("platform");
    expect(claims).toMatchObject({ revision: again?.platform.revision, decision: "cs_decision" });
    expect(claims.iat).toBe(Math.floor(fixture.clock.nowMs() / 1000));
    const entries = await fixture.store.db
      .select()
      .from(auditEntries)
      .where(eq(auditEntries.action, "document.resign"));
    expect(entries).toHaveLength(1);
  });

  it("happens for all others while a program has what cannot be read, and the log names it", async () => {
    fixture = await openSyncFixture();
    for (const appId of ["com.example.a", "com.example.b"]) await fixture.addProgram(appId);
    await publish(["com.example.a", "com.example.b"]);
    await fixture.store.transaction(({ db }) =>
      db.insert(publishedMembers).values({
        member: "program:com.example.a/route:home",
        kind: "route",
        appId: "com.example.a",
        value: 1,
        updatedAt: new Date(fixture.clock.nowMs()),
      }),
    );
    fixture.clock.advance(70 * 86_400);
    expect((await resignDocuments(fixture.store, fixture.ctx))?.programs.map(({ appId }) => appId)).toEqual([
      "com.example.b",
    ]);
    expect(fixture.logged).toContain("error member_unreadable");
    fixture.logged.length = 0;
    expect(await resignDocuments(fixture.store, fixture.ctx)).toBeNull();
    expect(fixture.logged).toContain("error member_unreadable");
  });

  it("leaves program documents alone until they have less than 30 days left", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    await publish(["com.example.a"]);
    fixture.clock.advance(59 * 86_400);
    expect((await resignDocuments(fixture.store, fixture.ctx))?.programs).toEqual([]);
    fixture.clock.advance(2 * 86_400);
    expect((await resignDocuments(fixture.store, fixture.ctx))?.programs).toEqual([
      { appId: "com.example.a", revision: 2 },
    ]);
  });
});

describe("a new keyset", () => {
  it("with a new epoch signs every document again from revision 1, without minimums", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    await publish(["com.example.a"]);
    await publish(["com.example.a"], { narrows: true });
    await publishNextKeyset(fixture, { raisesEpoch: true });
    expect(await claimsOf("platform")).toMatchObject({ epoch: 2, revision: 1, minRevisions: {} });
    expect(await claimsOf("program", "com.example.a")).toMatchObject({ epoch: 2, revision: 1 });
    expect(await fixture.store.db.select().from(minRevisions)).toEqual([]);
  });

  it("takes a rotated policy key into use, and re-signs what the removed one signed", async () => {
    fixture = await openSyncFixture();
    await fixture.addProgram("com.example.a");
    await publish(["com.example.a"]);
    const old = fixture.keyset.keys[0]?.kid ?? "";
    fixture.clock.advance(1);
    const key = await fixture.folder.create("policy");
    await publishNextKeyset(fixture, { addPolicyKeys: [{ kid: key.kid, jwk: key.jwk }], removePolicyKids: [old] });
    const document = await newestDocument(fixture.store.db, "program", "com.example.a");
    expect(document?.revision).toBe(2);
    const header = JSON.parse(Buffer.from(document?.jws.split(".")[0] ?? "", "base64url").toString());
    expect(header.kid).toBe(key.kid);
  });

  it("follows one that was signed by a clock that was ahead: the revision alone orders", async () => {
    fixture = await openSyncFixture();
    fixture.clock.advance(25 * 3_600);
    const ahead = await publishNextKeyset(fixture, {});
    fixture.clock.advance(-25 * 3_600);
    const next = await publishNextKeyset(fixture, {});
    expect(next.revision).toBe(ahead.revision + 1);
    expect(next.iat).toBeLessThan(ahead.iat);
  });

  it("without the old threshold is refused as devices would refuse it, and changes nothing", async () => {
    fixture = await openSyncFixture();
    const stranger = await fixture.folder.create("root");
    const plan = planNextKeyset(fixture.keyset, {}, Math.floor(fixture.clock.nowMs() / 1000));
    if (!plan.ok) throw new Error(plan.problem);
    const signers = [{ kid: stranger.kid, sign: signWithRootKey(fixture.folder, stranger.kid) }];
    const jws = await signKeyset({ claims: plan.claims, signers });
    await expect(publishKeyset(fixture.store, fixture.ctx, jws)).rejects.toMatchObject({ code: "unprocessable" });
    expect(await fixture.store.db.select().from(keysets)).toHaveLength(1);
  });
});
