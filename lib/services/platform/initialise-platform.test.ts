import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPlatformMembers, requireRead } from "@/db/published-members";
import { auditEntries, platform } from "@/db/schema";
import type { Store } from "@/db/store";
import { openTestStore } from "@/db/testing/with-test-store";
import { PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import { policyState, readPlatform } from "@/lib/domain/policy-state";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { refusalOf } from "../testing/refusal-of";
import { type AskedPlatform, initialisePlatform } from "./initialise-platform";

const HARBOR = { platformId: "harbor", name: "Harbor", environment: "development" } as const;

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => store.close());

const initialise = (asked: AskedPlatform) =>
  store.transaction((tx) => initialisePlatform(tx, { clock: systemClock, ids: randomIds }, asked));

describe("the first start", () => {
  test("writes the platform and the shipped settings, once", async () => {
    await initialise(HARBOR);
    await initialise(HARBOR);
    expect(await store.db.select().from(platform)).toMatchObject([{ platformId: "harbor", setUpAt: null }]);
    const { limits, graceSeconds, telemetry } = readPlatform(
      policyState(requireRead(await readPlatformMembers(store.db))),
    );
    expect({ limits, graceSeconds, telemetry }).toEqual(PLATFORM_DEFAULTS);
    expect(await store.db.select().from(auditEntries)).toMatchObject([
      {
        action: "platform.initialise",
        actor: { kind: "system", name: "first start" },
        subject: "platform",
        after: { ...HARBOR, ...PLATFORM_DEFAULTS },
      },
    ]);
  });

  test("never turns a development store into a production one, nor into another platform's", async () => {
    const production = initialise({ ...HARBOR, environment: "production" });
    expect((await refusalOf(production)).code).toBe("conflict");
    expect((await refusalOf(initialise({ ...HARBOR, platformId: "other" }))).code).toBe("conflict");
    expect(await initialise({ platformId: null, name: "Other", environment: null })).toEqual(HARBOR);
  });
});
