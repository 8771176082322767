import { afterEach, describe, expect, it } from "vitest";
import { markRestored } from "@/db/continuity";
import { newestPosition } from "@/db/newest-document";
import { devices } from "@/db/schema";
import { learnHeldDocument } from "@/lib/sync/continuity/learn-held";
import { createDeviceKey } from "@/lib/sync/testing/device-key";
import { loseDocuments } from "@/lib/sync/testing/lose-documents";
import { setStatus, TEST_PLATFORM } from "@/lib/sync/testing/sync-fixture";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { getProgram } from "../programs/get-program";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { getContinuity } from "./get-continuity";
import { resumeContinuity } from "./resume-continuity";

let fixture: ServiceFixture;
afterEach(() => fixture.close());

async function restored(): Promise<void> {
  const at = new Date(fixture.clock.nowMs());
  await fixture.ctx.store.transaction(({ db }) => markRestored(db, { restoredAt: at, backupAt: at }));
}

const suspend = async (appId: string) =>
  narrowAtOnce(fixture.ctx, await fixture.person("security"), {
    changes: [{ member: `program:${appId}/status`, after: "suspended" }],
    reason: "It phones home.",
  });

/** A program that was suspended after the backup, as a device hands it back to the store that was restored from it. */
async function heldSuspension(): Promise<string> {
  const { appId } = await fixture.program();
  const { store } = fixture.ctx;
  const before = await newestPosition(store.db, "platform", "");
  await suspend(appId);
  const lost = await loseDocuments(store, before ?? { epoch: 1, revision: 1 });
  await setStatus(store, appId, "active");
  await restored();
  const key = createDeviceKey();
  const deviceId = fixture.ctx.ids.next("device");
  await store.transaction(async ({ db }) => {
    await db.insert(devices).values({
      id: deviceId,
      name: "Bench phone",
      publicJwk: key.jwk,
      thumbprint: key.thumbprint,
      runtimeKind: "linux",
      runtimeVersion: "0.1.0",
      runtimeLayers: [],
      enrolledAt: new Date(fixture.clock.nowMs()),
      discarded: {},
    });
  });
  const jws = new TextEncoder().encode(lost.at(-1) ?? "");
  await learnHeldDocument(store, fixture.ctx, { deviceId, platform: TEST_PLATFORM, jws });
  return appId;
}

describe("resuming after a restore", () => {
  it("is done by an admin or an operator alone, once, by name, and told to whoever may read", async () => {
    fixture = await openServiceFixture();
    await fixture.program();
    const operator = await fixture.person("operator");
    expect(await refusalOf(resumeContinuity(fixture.ctx, operator))).toMatchObject({ code: "conflict" });
    await restored();
    for (const role of ["security", "auditor", "developer"] as const) {
      const person = await fixture.person(role);
      expect(await refusalOf(resumeContinuity(fixture.ctx, person))).toMatchObject({ code: "forbidden" });
    }
    const auditor = await fixture.person("auditor");
    expect(await getContinuity(fixture.ctx, auditor)).toMatchObject({ isBehind: true, revisionLift: 1_000_000 });
    await resumeContinuity(fixture.ctx, operator);
    expect(await getContinuity(fixture.ctx, auditor)).toMatchObject({
      isBehind: false,
      says: null,
      resumedBy: { id: operator.personId, name: operator.name },
      isUnheard: true,
    });
    expect(await fixture.audited({ subject: "documents" })).toEqual(["continuity.resume"]);
    const developer = await fixture.person("developer");
    expect(await refusalOf(getContinuity(fixture.ctx, developer))).toMatchObject({ code: "forbidden" });
  });

  it("is never waited for by a suspension: it goes out at once, and resumes by itself", async () => {
    fixture = await openServiceFixture();
    const { appId } = await fixture.program();
    await restored();
    await suspend(appId);
    expect(await fixture.platformClaims()).toMatchObject({ suspended: [appId] });
    const admin = await fixture.person("admin");
    expect(await getContinuity(fixture.ctx, admin)).toMatchObject({ isBehind: false });
  });
});

describe("a suspension that only a device's document tells of", () => {
  it("is listed as unknown with its program and its device, and stays in force when signing is resumed", async () => {
    fixture = await openServiceFixture();
    const appId = await heldSuspension();
    const admin = await fixture.person("admin");
    expect(await getContinuity(fixture.ctx, admin)).toMatchObject({
      isBehind: true,
      deviceCount: 1,
      devices: [{ name: "Bench phone" }],
      narrowings: [{ kind: "suspension", subject: appId, programName: appId, verdict: "unknown", decidedBy: null }],
      unknownNarrowings: 1,
    });
    await resumeContinuity(fixture.ctx, admin);
    expect(await fixture.platformClaims()).toMatchObject({ suspended: [appId] });
    expect(await getContinuity(fixture.ctx, admin)).toMatchObject({ isBehind: false, unknownNarrowings: 1 });
  });

  it("is shown with its program, kept by one person who suspends the program, and lifted by two as any other", async () => {
    fixture = await openServiceFixture();
    const appId = await heldSuspension();
    const operator = await fixture.person("operator");
    const shown = async () => {
      const { status, isHeld } = await getProgram(fixture.ctx, operator, appId);
      return { status, isHeld };
    };
    expect(await shown()).toEqual({ status: "active", isHeld: true });
    await suspend(appId);
    expect(await shown()).toEqual({ status: "suspended", isHeld: false });
    expect(await getContinuity(fixture.ctx, operator)).toMatchObject({
      unknownNarrowings: 0,
      narrowings: [{ subject: appId, verdict: "kept", decidedBy: { name: expect.stringContaining("security") } }],
    });
    expect(await fixture.audited({ subject: `program:${appId}` })).toEqual(["suspension.keep"]);

    const draft = await fixture.draft(operator, { [`program:${appId}/status`]: "active" });
    await proposeChangeSet(fixture.ctx, operator, draft.id, { reason: "It was looked at." });
    await approveChangeSet(fixture.ctx, await fixture.person("security"), draft.id, { reason: "Agreed." });
    await publishChangeSet(fixture.ctx, operator, draft.id);
    expect(await fixture.platformClaims()).toMatchObject({ suspended: [] });
    expect(await shown()).toEqual({ status: "active", isHeld: false });
  });
});
