import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishedMembers } from "@/db/schema";
import { resignDocuments } from "@/lib/sync/resign-documents";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { approveChangeSet } from "./approve-change-set";
import { narrowAtOnce } from "./narrow";
import { proposeChangeSet } from "./propose-change-set";
import { publishChangeSet } from "./publish-change-set";

const REASON = { reason: "On an alert." };

let held: ServiceFixture;
let operator: PersonActor;
let security: PersonActor;
beforeAll(async () => {
  held = await openServiceFixture();
  operator = await held.person("operator");
  security = await held.person("security");
});
afterAll(async () => held.close());

async function publish(changes: Record<string, unknown>) {
  const draft = await held.draft(operator, changes);
  await proposeChangeSet(held.ctx, operator, draft.id, REASON);
  await approveChangeSet(held.ctx, security, draft.id, REASON);
  const published = await publishChangeSet(held.ctx, operator, draft.id);
  held.clock.advance(1);
  return published;
}

const narrow = (member: string, after: unknown) =>
  narrowAtOnce(held.ctx, security, { changes: [{ member, after }], ...REASON });

const setValue = (member: string, value: unknown) =>
  held.ctx.store.transaction(({ db }) =>
    db.update(publishedMembers).set({ value }).where(eq(publishedMembers.member, member)),
  );

const named = (path: string) => ({ code: "unavailable", details: [{ path, code: "MEMBER_UNREADABLE" }] });

describe("while a member of a program cannot be read", () => {
  let appId = "";
  let broken = "";
  beforeAll(async () => {
    ({ appId } = await held.program());
    broken = `program:${appId}/grant:camera.capture`;
    const ask = { consent: "ask" };
    await publish({
      [broken]: ask,
      [`program:${appId}/grant:nfc.read`]: ask,
      [`program:${appId}/grant:share.send`]: ask,
    });
    await setValue(broken, { consent: "sometimes" });
  });

  test("nothing of that program is widened, and neither it nor what is judged with others is changed", async () => {
    const before = await held.programClaims(appId);
    await expect(publish({ [`program:${appId}/grant:files.pick`]: { consent: "ask" } })).rejects.toMatchObject(
      named(broken),
    );
    await expect(narrow(broken, null)).rejects.toMatchObject(named(broken));
    const lower = narrow(`program:${appId}/limit:requestsPerMinute`, { max: 1, action: "throttle" });
    await expect(lower).rejects.toMatchObject(named(broken));
    // Also beside what would be stopped by itself.
    const changes = [
      { member: `program:${appId}/limit:requestsPerMinute`, after: { max: 1, action: "throttle" } },
      { member: `program:${appId}/status`, after: "suspended" },
    ];
    await expect(narrowAtOnce(held.ctx, security, { changes, ...REASON })).rejects.toMatchObject(named(broken));
    expect(await held.programClaims(appId)).toEqual(before);
  });

  test("others are published as ever", async () => {
    const other = await held.program();
    await publish({ [`program:${other.appId}/grant:nfc.read`]: { consent: "ask" } });
    await narrow(`program:${other.appId}/status`, "suspended");
    expect(await held.programClaims(other.appId)).toMatchObject({ status: "suspended", grants: { "nfc.read": {} } });
  });

  test("what narrows it takes effect at once: nothing of it is allowed until it can be read and is signed", async () => {
    const { revision } = await held.programClaims(appId);
    await narrow(`program:${appId}/grant:nfc.read`, null);
    expect((await held.platformClaims()).minRevisions[appId]).toBe(revision + 1);
    expect((await held.programClaims(appId)).revision).toBe(revision);
    await narrow(`program:${appId}/status`, "suspended");
    expect((await held.platformClaims()).suspended).toContain(appId);

    expect(await resignDocuments(held.ctx.store, held.ctx)).toBeNull();
    await setValue(broken, { consent: "ask" });
    await resignDocuments(held.ctx.store, held.ctx);
    const { grants, status, revision: signed } = await held.programClaims(appId);
    expect({ grants: Object.keys(grants), status, signed }).toEqual({
      grants: ["camera.capture", "share.send"],
      status: "suspended",
      signed: revision + 1,
    });
  });
});

describe("while a member of the platform cannot be read", () => {
  const broken = "platform/limit:cpuMsPerMinute";
  const readable = { max: 6000, action: "throttle" };
  beforeAll(() => setValue(broken, { max: "many" }));
  afterAll(() => setValue(broken, readable));

  test("what stops is published with what is in force in its place, and what may allow more is not", async () => {
    const { appId } = await held.program();
    const before = await held.platformClaims();
    await narrow(`program:${appId}/status`, "suspended");
    await narrow("platform/blocked-host:tracker.example", true);
    const after = await held.platformClaims();
    expect(after.suspended).toContain(appId);
    expect(after.blockedHosts).toContain("tracker.example");
    expect(after.limits).toEqual(before.limits);
    expect(before.limits.cpuMsPerMinute).toEqual(readable);

    const grant = publish({ [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    await expect(grant).rejects.toMatchObject(named(broken));
    await expect(narrow(broken, { max: 1, action: "kill" })).rejects.toMatchObject(named(broken));
  });
});
