import { sign } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { piecesOf } from "@/db/bundles/bundle-files";
import { changeSets, versions } from "@/db/schema";
import type { AppError } from "@/lib/platform/errors";
import type { BundleFault } from "@/native/core/bundle/open-bundle";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { listVersions } from "../programs/list-versions";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture, type TestPublisher } from "../testing/service-fixture";
import { approveSubmission } from "./approve-submission";
import { approveProposal } from "./decide-proposal";
import { refuseSubmission, withdrawSubmission } from "./end-submission";
import { getSubmission, listWaitingSubmissions } from "./get-submission";
import { submitBundle } from "./submit-bundle";

const REASON = { reason: "Does what it says." };

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

async function submit(publisher: TestPublisher, appId: string, code: number, permissions: string[] = []) {
  return submitBundle(held.ctx, publisher.actor, held.bundle(publisher, { appId, code, permissions }));
}

/** The change set that waits of a publisher. */
async function setOf(ownerId: string): Promise<string> {
  const rows = await held.ctx.store.db.select().from(changeSets).where(eq(changeSets.ownerId, ownerId));
  return rows.find(({ state }) => state === "proposed")?.id ?? "";
}

describe("a submission", () => {
  test("is listed by one approval, with its public capabilities and nothing else", async () => {
    const { appId, publisher } = await held.program();
    const sent = await submit(publisher, appId, 1, ["network.request", "device.info", "camera.capture"]);
    expect(sent).toMatchObject({ appId, versionCode: 1, state: "submitted" });
    const operator = await held.person("operator");
    const { changeSetId } = await approveSubmission(held.ctx, operator, sent.submissionId, REASON);
    const claims = await held.programClaims(appId);
    expect(claims.versions).toMatchObject([
      { code: 1, kid: publisher.kid, declares: ["network.request", "device.info", "camera.capture"] },
    ]);
    expect(claims.grants).toEqual({ "device.info": { consent: "none" }, "network.request": { consent: "none" } });
    expect(await getSubmission(held.ctx, publisher.actor, sent.submissionId)).toMatchObject({
      state: "listed",
      comment: REASON.reason,
    });
    expect(await held.audited({ changeSetId })).toEqual(["submission.receive", "submission.approve"]);
  });

  test("of the same bytes again answers with the same submission", async () => {
    const { appId, publisher } = await held.program();
    const first = await submit(publisher, appId, 1);
    expect(await submit(publisher, appId, 1)).toEqual(first);
  });

  test("has a version code above all that wait or were ever listed, also above one that was taken off", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const listed = await submit(publisher, appId, 5);
    await approveSubmission(held.ctx, operator, listed.submissionId, REASON);
    await narrowAtOnce(held.ctx, operator, {
      changes: [{ member: `program:${appId}/version:5`, after: null }],
      ...REASON,
    });
    expect((await refusalOf(submit(publisher, appId, 4))).details).toEqual(["VERSION_NOT_HIGHER"]);
    expect((await refusalOf(submit(publisher, appId, 5, ["nfc.read"]))).details).toEqual(["VERSION_NOT_HIGHER"]);
    await submit(publisher, appId, 7);
    expect((await refusalOf(submit(publisher, appId, 6))).details).toEqual(["VERSION_NOT_HIGHER"]);
  });

  test("that was refused or taken back gives its code free, also the highest that there is", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const highest = await submit(publisher, appId, Number.MAX_SAFE_INTEGER);
    expect((await refusalOf(submit(publisher, appId, 1))).details).toEqual(["VERSION_NOT_HIGHER"]);
    const refused = await setOf(publisher.id);
    await refuseSubmission(held.ctx, operator, highest.submissionId, { reason: "Leaves no room." });
    const taken = await submit(publisher, appId, 1);
    await withdrawSubmission(held.ctx, publisher.actor, taken.submissionId);
    const next = await submit(publisher, appId, 1, ["network.request"]);
    expect(next.submissionId).not.toBe(taken.submissionId);
    // The same bytes as those that were refused are another submission.
    const again = await submit(publisher, appId, Number.MAX_SAFE_INTEGER);
    expect(again).toMatchObject({ state: "submitted", sha256: highest.sha256 });
    expect(await getSubmission(held.ctx, publisher.actor, highest.submissionId)).toMatchObject({ state: "refused" });

    // What was decided stays decided, whoever has its code now.
    expect((await refusalOf(approveProposal(held.ctx, operator, refused, REASON))).code).toBe("conflict");
    expect((await refusalOf(approveSubmission(held.ctx, operator, highest.submissionId, REASON))).code).toBe(
      "conflict",
    );
    await approveSubmission(held.ctx, operator, next.submissionId, REASON);
    expect((await held.programClaims(appId)).versions).toMatchObject([{ code: 1, sha256: next.sha256 }]);
    const states = await held.ctx.store.db
      .select({ code: versions.code, state: versions.state })
      .from(versions)
      .where(eq(versions.appId, appId))
      .orderBy(versions.code, versions.state);
    expect(states).toEqual([
      { code: 1, state: "listed" },
      { code: 1, state: "withdrawn" },
      { code: Number.MAX_SAFE_INTEGER, state: "refused" },
      { code: Number.MAX_SAFE_INTEGER, state: "submitted" },
    ]);
    const { items } = await listVersions(held.ctx, operator, appId);
    expect(items.map(({ code, state, signature }) => ({ code, state, signature }))).toEqual([
      { code: Number.MAX_SAFE_INTEGER, state: "submitted", signature: "valid" },
      { code: Number.MAX_SAFE_INTEGER, state: "refused", signature: "valid" },
      { code: 1, state: "listed", signature: "valid" },
      { code: 1, state: "withdrawn", signature: "valid" },
    ]);
  });

  test("for another publisher's program looks like one for a program that is not there", async () => {
    const { appId } = await held.program();
    const stranger = await held.publisher();
    const theirs = await refusalOf(submit(stranger, appId, 1));
    const nobodys = await refusalOf(submit(stranger, "com.example.nobody", 1));
    expect(theirs).toEqual({ code: "not_found", details: [] });
    expect(theirs).toEqual(nobodys);
  });

  test("is refused when another signed it, when its bytes changed, and when it does not open", async () => {
    const { appId, publisher } = await held.program();
    const stranger = await held.publisher();
    const good = held.bundle(publisher, { appId, code: 1 });
    const forged = { ...good, signatureDer: held.bundle(stranger, { appId, code: 1 }).signatureDer };
    expect((await refusalOf(submitBundle(held.ctx, publisher.actor, forged))).details).toEqual(["SIGNATURE_INVALID"]);
    const changed = { ...good, content: piecesOf(Uint8Array.from([...good.bytes, 0])) };
    expect((await refusalOf(submitBundle(held.ctx, publisher.actor, changed))).details).toEqual(["SIGNATURE_INVALID"]);
    const bytes = new TextEncoder().encode("not a bundle");
    const noise = { content: piecesOf(bytes), signatureDer: sign("sha256", bytes, publisher.privateKey) };
    expect((await refusalOf(submitBundle(held.ctx, publisher.actor, noise))).details[0]).toBe("BUNDLE_MALFORMED");
  });

  test.each<[BundleFault, string]>([
    [{ kind: "archive", fault: "bad_name", entry: "a.js" }, "a.js bad_name"],
    [{ kind: "manifest_missing" }, "manifest.json REQUIRED"],
    [{ kind: "page_missing", page: "pages/a.html" }, "pages/a.html REQUIRED"],
    [{ kind: "script_missing" }, "app.js REQUIRED"],
  ])("that does not open says where and why: %j", async (reason, told) => {
    const { appId, publisher } = await held.program();
    const judged = { ok: false, code: "BUNDLE_MALFORMED", reason } as const;
    const ctx = { ...held.ctx, judgeBundle: async () => judged };
    const refused = submitBundle(ctx, publisher.actor, held.bundle(publisher, { appId, code: 1 })).catch(
      (error: AppError) => error.details.map(({ path, code }) => `${path} ${code}`),
    );
    expect(await refused).toContain(told);
  });

  test("is not taken, nor listed, under a key that was revoked", async () => {
    const { appId, publisher } = await held.program();
    const [operator, security] = [await held.person("operator"), await held.person("security")];
    const waiting = await submit(publisher, appId, 1);
    const [key] = (await held.programClaims(appId)).publisherKeys;
    await narrowAtOnce(held.ctx, security, {
      changes: [
        { member: `publisher:${publisher.id}/key:${publisher.kid}`, after: { jwk: key?.jwk, status: "revoked" } },
      ],
      ...REASON,
    });
    const refusal = await refusalOf(approveSubmission(held.ctx, operator, waiting.submissionId, REASON));
    expect(refusal).toEqual({ code: "conflict", details: ["KEY_REVOKED"] });
    expect((await refusalOf(submit(publisher, appId, 2))).details).toEqual(["KEY_UNKNOWN"]);
  });

  test("is seen by its publisher and by no other", async () => {
    const { appId, publisher } = await held.program();
    const stranger = await held.publisher();
    const sent = await submit(publisher, appId, 1);
    expect((await refusalOf(getSubmission(held.ctx, stranger.actor, sent.submissionId))).code).toBe("not_found");
    expect((await refusalOf(withdrawSubmission(held.ctx, stranger.actor, sent.submissionId))).code).toBe("not_found");
    await withdrawSubmission(held.ctx, publisher.actor, sent.submissionId);
    const state = (await getSubmission(held.ctx, publisher.actor, sent.submissionId)).state;
    expect(state).toBe("withdrawn");
  });
});

describe("deciding on a submission", () => {
  test("lists nothing in a document that could not be published with it", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const { submissionId: listed } = await submit(publisher, appId, 1);
    await approveSubmission(held.ctx, operator, listed, REASON);
    const { submissionId } = await submit(publisher, appId, 2);
    await held.ctx.store.transaction(({ db }) =>
      db.update(versions).set({ kid: "a key that is gone" }).where(eq(versions.submissionId, listed)),
    );
    expect(await refusalOf(approveSubmission(held.ctx, operator, submissionId, REASON))).toEqual({
      code: "conflict",
      details: ["KEY_UNKNOWN"],
    });
    expect((await getSubmission(held.ctx, publisher.actor, submissionId)).state).toBe("submitted");
  });

  test("or taking it back is audited with the change set, and its publisher reads the reason", async () => {
    const { appId, publisher } = await held.program();
    const refused = await submit(publisher, appId, 1);
    const { changeSetId } = await refuseSubmission(held.ctx, await held.person("operator"), refused.submissionId, {
      reason: "Too loud.",
    });
    expect(await held.audited({ subject: `submission:${refused.submissionId}` })).toContain("submission.refuse");
    expect(await held.audited({ changeSetId })).toContain("submission.refuse");
    expect(await getSubmission(held.ctx, publisher.actor, refused.submissionId)).toMatchObject({
      state: "refused",
      comment: "Too loud.",
    });
    const taken = await submit(publisher, appId, 2);
    await withdrawSubmission(held.ctx, publisher.actor, taken.submissionId);
    expect(await held.audited({ subject: `submission:${taken.submissionId}` })).toContain("submission.withdraw");
    const listed = await submit(publisher, appId, 3);
    const { changeSetId: listing } = await approveSubmission(
      held.ctx,
      await held.person("operator"),
      listed.submissionId,
      REASON,
    );
    expect(await held.audited({ changeSetId: listing })).toContain("submission.approve");
    expect(await getSubmission(held.ctx, publisher.actor, listed.submissionId)).toMatchObject({
      state: "listed",
      comment: REASON.reason,
    });
  });

  test("is not for security, admins, auditors, or whoever belongs to the publisher", async () => {
    const { appId, publisher } = await held.program();
    const { submissionId } = await submit(publisher, appId, 1);
    for (const role of ["security", "admin", "auditor", "developer"] as const) {
      const refusal = await refusalOf(approveSubmission(held.ctx, await held.person(role), submissionId, REASON));
      expect(refusal.code).toBe("forbidden");
    }
    const insider = await held.person("operator", { publisherId: publisher.id });
    expect((await refusalOf(approveSubmission(held.ctx, insider, submissionId, REASON))).details).toEqual([
      "OWN_PUBLISHER",
    ]);
    expect((await held.programClaims(appId)).versions).toEqual([]);
  });

  test("happens once, also by two at once", async () => {
    const { appId, publisher } = await held.program();
    const { submissionId } = await submit(publisher, appId, 1);
    const [first, second] = [await held.person("operator"), await held.person("operator")];
    const results = await Promise.allSettled([
      approveSubmission(held.ctx, first, submissionId, REASON),
      refuseSubmission(held.ctx, second, submissionId, REASON),
    ]);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect((await refusalOf(approveSubmission(held.ctx, second, submissionId, REASON))).code).toBe("conflict");
  });

  test("goes through the change set as well, where pages list it", async () => {
    const { appId, publisher } = await held.program();
    await submit(publisher, appId, 1, ["haptics.vibrate"]);
    const id = await setOf(publisher.id);
    const operator = await held.person("operator");
    // The change sets' own verb, which asks nothing of keys, publishes no listing.
    expect((await refusalOf(approveChangeSet(held.ctx, operator, id, REASON))).code).toBe("internal");
    const view = await approveProposal(held.ctx, operator, id, REASON);
    expect(view).toMatchObject({ state: "published", owner: { id: publisher.id } });
    expect((await held.programClaims(appId)).versions).toHaveLength(1);
  });

  test("is not voided by a grant that was decided meanwhile: it grants what the program still lacks", async () => {
    const { appId, publisher } = await held.program();
    const sent = await submit(publisher, appId, 1, ["network.request"]);
    const operator = await held.person("operator");
    const stricter = { consent: "ask", constraints: { perMinute: 5 } };
    const draft = await held.draft(operator, { [`program:${appId}/grant:network.request`]: stricter });
    await proposeChangeSet(held.ctx, operator, draft.id, REASON);
    await approveChangeSet(held.ctx, await held.person("security"), draft.id, REASON);
    await publishChangeSet(held.ctx, operator, draft.id);
    await approveSubmission(held.ctx, operator, sent.submissionId, REASON);
    const claims = await held.programClaims(appId);
    expect(claims.versions).toHaveLength(1);
    expect(claims.grants).toEqual({ "network.request": stricter });
  });

  test("waits in a list until it is decided", async () => {
    const { appId, publisher } = await held.program();
    const sent = await submit(publisher, appId, 1);
    const operator = await held.person("operator");
    const ids = async () => (await listWaitingSubmissions(held.ctx, operator)).map((item) => item.submissionId);
    expect(await ids()).toContain(sent.submissionId);
    await refuseSubmission(held.ctx, operator, sent.submissionId, { reason: "Asks for too much." });
    expect(await ids()).not.toContain(sent.submissionId);
    expect((await getSubmission(held.ctx, publisher.actor, sent.submissionId)).comment).toBe("Asks for too much.");
  });

  test("a listed version is taken off by one person", async () => {
    const { appId, publisher } = await held.program();
    const sent = await submit(publisher, appId, 1);
    const operator = await held.person("operator");
    await approveSubmission(held.ctx, operator, sent.submissionId, REASON);
    await narrowAtOnce(held.ctx, operator, {
      changes: [{ member: `program:${appId}/version:1`, after: null }],
      ...REASON,
    });
    expect((await held.programClaims(appId)).versions).toEqual([]);
    expect((await getSubmission(held.ctx, publisher.actor, sent.submissionId)).state).toBe("withdrawn");
  });
});
