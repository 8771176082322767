import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auditEntries } from "@/db/schema";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { getPlace } from "./get-place";
import { namePlatform } from "./name-platform";

let held: ServiceFixture;
beforeEach(async () => {
  held = await openServiceFixture({ isSetUpComplete: false });
});
afterEach(() => held.close());

describe("the platform's name", () => {
  test("is given by an admin while set-up goes on, audited, and by nobody else", async () => {
    const admin = await held.person("admin");
    const before = await getPlace(held.ctx);
    for (const role of ["operator", "auditor", "developer"] as const) {
      const other = await held.person(role, { state: role === "operator" ? "invited" : "active" });
      expect((await refusalOf(namePlatform(held.ctx, other, { name: "Taken" }))).code).toBe("forbidden");
    }
    await namePlatform(held.ctx, admin, { name: "Harbor" });
    await namePlatform(held.ctx, admin, { name: "Harbor" });
    expect((await getPlace(held.ctx)).platformName).toBe("Harbor");
    const named = (await held.ctx.store.db.select().from(auditEntries)).filter(
      ({ action }) => action === "platform.name",
    );
    expect(named).toMatchObject([{ before: { name: before.platformName }, after: { name: "Harbor" } }]);
  });

  test("stays when two others can approve", async () => {
    const admin = await held.person("admin");
    await held.person("operator");
    await held.person("security");
    expect((await refusalOf(namePlatform(held.ctx, admin, { name: "Harbor" }))).code).toBe("conflict");
  });
});
