import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { devices, enrolmentTokens } from "@/db/schema";
import type { Announcement } from "@/db/store";
import { createEnrolmentInputSchema } from "@/lib/contracts/devices";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { enrolmentFileShape } from "@/native/core/wire/enroll";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { countLostSamples } from "./count-lost";
import { createEnrolment } from "./create-enrolment";
import { getDevice } from "./list-devices";
import { revokeDevice } from "./revoke-device";
import { appliedPosition, DEVICE_SEEN_MS } from "./spread";

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

async function enrolled(id: string, more: Partial<typeof devices.$inferInsert> = {}) {
  await held.ctx.store.transaction(async ({ db }) => {
    await db.insert(devices).values({
      id,
      name: "Bench 1",
      publicJwk: KEY_ONE,
      thumbprint: id.padEnd(43, "t"),
      runtimeKind: "linux",
      runtimeVersion: "0.1.0",
      runtimeLayers: [],
      enrolledAt: new Date(held.clock.nowMs()),
      discarded: {},
      ...more,
    });
  });
  return id;
}

describe("an enrolment file", () => {
  test("names the root keys to trust, and its token is stored as a hash alone", async () => {
    const operator = await held.person("operator");
    const { file, expiresAt } = await createEnrolment(held.ctx, operator, {
      deviceName: "Bench 1",
      labels: { app: "ferry", channel: "beta" },
    });
    expect(enrolmentFileShape.parse(file)).toEqual(file);
    expect(file.rootThumbprints.length).toBeGreaterThanOrEqual(file.threshold);
    expect(Date.parse(expiresAt) - held.clock.nowMs()).toBe(24 * 3_600_000);
    const rows = await held.ctx.store.db.select().from(enrolmentTokens);
    expect(JSON.stringify(rows)).not.toContain(file.token);
    expect(rows).toMatchObject([{ deviceName: "Bench 1", labels: { app: "ferry", channel: "beta" } }]);
    expect(await held.audited({ subject: `enrolment:${rows[0]?.id}` })).toEqual(["enrolment.create"]);
  });

  test("fixes labels of three names alone, in few characters", () => {
    const takes = (labels: unknown) => createEnrolmentInputSchema.safeParse({ deviceName: "x", labels }).success;
    expect([takes({}), takes(undefined), takes({ app: "a", region: "b", channel: "c" })]).toEqual([true, true, true]);
    expect([takes({ owner: "a" }), takes({ app: "A" }), takes({ app: "" }), takes({ app: null })]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test("is made by admins and operators alone", async () => {
    for (const role of ["security", "developer", "auditor"] as const) {
      const refusal = await refusalOf(
        createEnrolment(held.ctx, await held.person(role), { deviceName: "x", labels: {} }),
      );
      expect(refusal.code).toBe("forbidden");
    }
  });
});

describe("what a device lacks and leaves out", () => {
  test("is shown with the machine's own reason of each layer, and each loss by its name", async () => {
    const layers = [
      { name: "userns", active: false, reason: "bwrap: setting up uid map: Permission denied" },
      { name: "landlock", active: false },
      { name: "seccomp", active: true },
    ];
    const discarded = { program_share: 40, queue_overflow: 7, sampled: 900 };
    const id = await enrolled("dev_lacking", { runtimeLayers: layers, discarded });
    const seen = await getDevice(held.ctx, await held.person("auditor"), id);
    expect(seen.runtime.missingLayers).toEqual([
      { name: "userns", reason: "bwrap: setting up uid map: Permission denied" },
      { name: "landlock", reason: null },
    ]);
    expect(seen.leftOut).toEqual([
      { reason: "sampled", count: 900 },
      { reason: "program_share", count: 40 },
      { reason: "queue_overflow", count: 7 },
    ]);
    // what stands in the counts of its minutes is not lost
    expect(await countLostSamples(held.ctx.store.db)).toBe(7);
  });
});

describe("revoking a device", () => {
  test("acts once, is told to whoever serves it, and is audited with its reason", async () => {
    const deviceId = await enrolled("dev_lost");
    const told = new Promise<Announcement>((resolve) => {
      held.ctx.store.subscribe((announcement) => {
        if (announcement.topic === "devices") resolve(announcement);
      });
    });
    const security = await held.person("security");
    await revokeDevice(held.ctx, security, { deviceId, reason: "Lost on the ferry." });
    expect(await told).toEqual({ topic: "devices", deviceId, revoked: true });
    const [row] = await held.ctx.store.db.select().from(devices).where(eq(devices.id, deviceId));
    expect(row?.revokedAt).not.toBeNull();
    expect(await held.audited({ subject: `device:${deviceId}` })).toEqual(["device.revoke"]);
    const again = revokeDevice(held.ctx, security, { deviceId, reason: "Lost on the ferry." });
    expect((await refusalOf(again)).code).toBe("not_found");
  });

  test("is not for developers and auditors, who learn nothing of what there is", async () => {
    for (const role of ["developer", "auditor"] as const) {
      const actor = await held.person(role);
      const refusal = await refusalOf(revokeDevice(held.ctx, actor, { deviceId: "dev_none", reason: "Because." }));
      expect(refusal.code).toBe("forbidden");
    }
  });
});

test("a device is in the field for a day after it was seen, and enforces what it says whole", () => {
  expect(DEVICE_SEEN_MS).toBe(86_400_000);
  expect(appliedPosition({ appliedEpoch: 2, appliedPlatform: 7 })).toEqual({ epoch: 2, revision: 7 });
  expect(appliedPosition({ appliedEpoch: null, appliedPlatform: 7 })).toBeNull();
  expect(appliedPosition({ appliedEpoch: 2, appliedPlatform: null })).toBeNull();
});
