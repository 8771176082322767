import { afterEach, expect, it, vi } from "vitest";
import { markRestored } from "@/db/continuity";
import { newestPosition } from "@/db/newest-document";
import { keepDays, listDays } from "@/db/partitions";
import { signInFailures, usedAssertions } from "@/db/schema";
import { narrowAtOnce } from "@/lib/services/change-sets/narrow";
import { confirmClock } from "@/lib/services/clock/confirm-clock";
import { resumeContinuity } from "@/lib/services/continuity/resume-continuity";
import { openServiceFixture, type ServiceFixture } from "@/lib/services/testing/service-fixture";
import { measureClock } from "@/lib/sync/clock/measure-clock";
import { learnHeldDocument } from "@/lib/sync/continuity/learn-held";
import { loseDocuments } from "@/lib/sync/testing/lose-documents";
import { setStatus, TEST_PLATFORM } from "@/lib/sync/testing/sync-fixture";
import { forgetExpired, housekeepingJobs, startHousekeeping } from "./housekeeping";
import { createJobLog } from "./readiness/job-log";

const DAY_MS = 86_400_000;

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

it("goes on with the journal at once while parts of it are left, until it is told to stop", async () => {
  fixture = await openServiceFixture();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  try {
    const left = [true, true, false, true, true];
    let stop: () => Promise<void> = () => Promise.resolve();
    let stopped: Promise<void> | null = null;
    const tendJournal = async () => {
      if (left.length === 2) stopped = stop();
      return left.shift() === true;
    };
    const store = { ...fixture.ctx.store, tendJournal, in: () => store };
    stop = startHousekeeping({ ...fixture.ctx, store }, "/nowhere", createJobLog());
    vi.advanceTimersByTime(10 * 60_000);
    await expect.poll(() => left.length).toBe(2);
    vi.advanceTimersByTime(10 * 60_000);
    await expect.poll(() => stopped).not.toBeNull();
    await stopped;
    expect(left).toEqual([true]);
  } finally {
    vi.useRealTimers();
  }
});

it("forgets all assertions and tries of signing in that are over, however many they are, and none that is not", async () => {
  fixture = await openServiceFixture();
  const { ctx, clock } = fixture;
  const row = (n: number, inSeconds: number) => ({
    jti: `jti_${n}`,
    expiresAt: new Date(clock.nowMs() + inSeconds * 1000),
  });
  await ctx.store.transaction(async ({ db }) => {
    await db.insert(usedAssertions).values(Array.from({ length: 1_200 }, (_, n) => row(n, -1)));
    await db.insert(usedAssertions).values(row(2_000, 1));
    const tryOf = (n: number, minutesAgo: number) => {
      return { id: `try_${n}`, key: "account:a", at: new Date(clock.nowMs() - minutesAgo * 60_000) };
    };
    await db.insert(signInFailures).values(Array.from({ length: 1_200 }, (_, n) => tryOf(n, 16)));
    await db.insert(signInFailures).values(tryOf(2_000, 14));
  });
  await forgetExpired(ctx);
  expect((await ctx.store.db.select().from(signInFailures)).map(({ id }) => id)).toEqual(["try_2000"]);
  expect((await ctx.store.db.select().from(usedAssertions)).map(({ jti }) => jti)).toEqual(["jti_2000"]);
});

it("takes nothing away by a clock that jumped, until somebody says that it is right", async () => {
  fixture = await openServiceFixture();
  const { ctx, clock } = fixture;
  const day = Math.floor(clock.nowMs() / DAY_MS);
  await keepDays(ctx.store, "events", [clock.nowMs()]);
  await measureClock(ctx.store, ctx);
  clock.set(clock.nowMs() + 100 * DAY_MS);
  for (const { name, run } of housekeepingJobs(ctx, "/nowhere")) if (name !== "keyset_inbox") await run();
  expect(await listDays(ctx.store.db, "events")).toEqual([day]);

  await confirmClock(ctx, await fixture.person("admin"), { bootId: ctx.machine.bootId });
  for (const { name, run } of housekeepingJobs(ctx, "/nowhere")) if (name === "past_days") await run();
  expect(await listDays(ctx.store.db, "events")).toEqual([]);
});

it("stops for good, however often a job that is asked for failed and waits to be tried again", async () => {
  fixture = await openServiceFixture();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  try {
    let tries = 0;
    const heads = {
      ...fixture.ctx.heads,
      tend() {
        tries += 1;
        return Promise.reject(new Error("the folder is gone"));
      },
    };
    let ask: () => void = () => undefined;
    const subscribe: typeof fixture.ctx.store.subscribe = (listener) => {
      ask = () =>
        listener({ topic: "documents", documents: [{ kind: "platform", appId: null, epoch: 1, revision: 1 }] });
      return () => undefined;
    };
    const store = { ...fixture.ctx.store, subscribe };
    const stop = startHousekeeping({ ...fixture.ctx, heads, store }, "/nowhere", createJobLog());
    for (let asked = 1; asked <= 3; asked += 1) {
      ask();
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect([tries, vi.getTimerCount() > 0]).toEqual([3, true]);
    const stopped = stop();
    await vi.advanceTimersByTimeAsync(3_600_000);
    await stopped;
    ask();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(tries).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});
