import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { devices } from "@/db/schema";
import type { Announcement } from "@/db/store";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { narrowAtOnce } from "../change-sets/narrow";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { readReporting } from "./read-reporting";

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(() => held.close());

const say = (announcement: Announcement) => held.ctx.store.transaction(async (tx) => tx.announce(announcement));

describe("how often devices report", () => {
  test("is as the document says, and more seldom only while load asks for it", async () => {
    const operator = await held.person("operator");
    const before = { documentSeconds: 60, presentSeconds: 60, isLive: false };
    expect(await readReporting(held.ctx, operator, {})).toEqual(before);
    const member = { member: "platform/telemetry", after: { intervalSeconds: 30, sampling: 100 } };
    await narrowAtOnce(held.ctx, operator, { changes: [member], reason: "Closer." });
    expect(await readReporting(held.ctx, operator, {})).toMatchObject({ documentSeconds: 30, presentSeconds: 30 });
    await say({ topic: "reporting", from: "prc_1", everySeconds: 240 });
    await expect
      .poll(() => readReporting(held.ctx, operator, {}))
      .toEqual({ documentSeconds: 30, presentSeconds: 240, isLive: false });
    await say({ topic: "reporting", from: "prc_1", everySeconds: null });
    await expect.poll(async () => (await readReporting(held.ctx, operator, {})).presentSeconds).toBe(30);
  });
});

test("a look at devices that report every 5 s is live, and asks nobody", async () => {
  const own = await openServiceFixture();
  const operator = await own.person("operator");
  const { appId } = await own.program();
  const member = { member: "platform/telemetry", after: { intervalSeconds: 5, sampling: 100 } };
  await narrowAtOnce(own.ctx, operator, { changes: [member], reason: "Closer." });
  const heard: string[] = [];
  own.ctx.store.subscribe(({ topic }) => heard.push(topic));
  expect(await readReporting(own.ctx, operator, { appId })).toMatchObject({ isLive: true });
  expect(await readReporting(own.ctx, operator, {})).toMatchObject({ isLive: false });
  await own.close();
  expect(heard).not.toContain("watch");
});

describe("looking at a program or a device", () => {
  test("is for every role that reads telemetry, and for no other", async () => {
    const { appId } = await held.program();
    for (const role of ["admin", "operator", "security", "auditor"] as const) {
      expect(await readReporting(held.ctx, await held.person(role), { appId })).toMatchObject({ isLive: true });
    }
    const developer = await held.person("developer");
    expect((await refusalOf(readReporting(held.ctx, developer, { appId }))).code).toBe("forbidden");
    expect((await refusalOf(readReporting(held.ctx, developer, {}))).code).toBe("forbidden");
  });

  test("is of what is there, and one session's look at a fifth thing asks nobody", async () => {
    const operator = await held.person("operator");
    const at = new Date(held.clock.nowMs());
    await held.ctx.store.transaction(({ db }) =>
      db.insert(devices).values({
        ...{ id: "dev_one", name: "One", publicJwk: KEY_ONE, thumbprint: "t".repeat(43), runtimeKind: "linux" },
        ...{ runtimeVersion: "0.1.0", runtimeLayers: [], enrolledAt: at, discarded: {} },
      }),
    );
    for (const nothing of [{ appId: "com.example.nothing" }, { deviceId: "dev_none" }]) {
      expect((await refusalOf(readReporting(held.ctx, operator, nothing))).code).toBe("not_found");
    }
    const live: boolean[] = [(await readReporting(held.ctx, operator, { deviceId: "dev_one" })).isLive];
    for (let n = 0; n < 4; n += 1) {
      const { appId } = await held.program();
      live.push((await readReporting(held.ctx, operator, { appId })).isLive);
    }
    expect(live).toEqual([true, true, true, true, false]);
  });
});
