import { afterEach, expect, it } from "vitest";
import { markRestored } from "@/db/continuity";
import { newestPosition } from "@/db/newest-document";
import { narrowAtOnce } from "@/lib/services/change-sets/narrow";
import { resumeContinuity } from "@/lib/services/continuity/resume-continuity";
import { openServiceFixture, type ServiceFixture } from "@/lib/services/testing/service-fixture";
import { learnHeldDocument } from "@/lib/sync/continuity/learn-held";
import { loseDocuments } from "@/lib/sync/testing/lose-documents";
import { setStatus, TEST_PLATFORM } from "@/lib/sync/testing/sync-fixture";
import { startHousekeeping } from "./housekeeping";
import { createJobLog } from "./readiness/job-log";

let fixture: ServiceFixture;
afterEach(() => fixture.close());

it("signs a suspension that a device hands back after signing went on, without waiting for its next turn", async () => {
  fixture = await openServiceFixture();
  const { ctx } = fixture;
  const { appId } = await fixture.program();
  const before = await newestPosition(ctx.store.db, "platform", "");
  await narrowAtOnce(ctx, await fixture.person("security"), {
    changes: [{ member: `program:${appId}/status`, after: "suspended" }],
    reason: "It phones home.",
  });
  const lost = await loseDocuments(ctx.store, before ?? { epoch: 1, revision: 1 });
  await setStatus(ctx.store, appId, "active");
  const at = new Date(fixture.clock.nowMs());
  await ctx.store.transaction(({ db }) => markRestored(db, { restoredAt: at, backupAt: at }));
  await resumeContinuity(ctx, await fixture.person("operator"));
  expect((await fixture.platformClaims()).suspended).toEqual([]);

  const stop = startHousekeeping(ctx, "/nowhere", createJobLog());
  const jws = new TextEncoder().encode(lost.at(-1) ?? "");
  await learnHeldDocument(ctx.store, ctx, { deviceId: "dev_bench", platform: TEST_PLATFORM, jws });
  await expect.poll(async () => (await fixture.platformClaims()).suspended).toEqual([appId]);
  await stop();
});
