import { describe, expect, it } from "vitest";
import { describeRecovery, NOTHING_FOUND, type Recovery } from "@/db/recovery";
import { auditEntries } from "@/db/schema";
import { withTestStore } from "@/db/testing/with-test-store";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import { auditRecovery } from "./audit-recovery";

const context = { clock: systemClock, ids: randomIds };
const rebuilt: Recovery = {
  ...NOTHING_FOUND,
  outcome: "store-rebuilt",
  sequence: 7,
  recordsReplayed: 7,
  setAside: [{ path: "/data/store.set-aside-x", reason: "the database cannot be started" }],
  lost: ["telemetry", "passwords"],
};

describe("what opening the store found", () => {
  const held = withTestStore();

  it("is in the log when something was lost or made anew, and is not when all was well", async () => {
    await auditRecovery(held.store, context, NOTHING_FOUND);
    await auditRecovery(held.store, context, { ...NOTHING_FOUND, outcome: "agreed" });
    await auditRecovery(held.store, context, rebuilt);
    const entries = await held.store.db.select().from(auditEntries);
    expect(entries.map(({ action, after }) => ({ action, after }))).toEqual([
      { action: "store.rebuilt", after: rebuilt },
    ]);
  });

  it("is told in words that name what is lost and where the old one is kept", () => {
    const text = describeRecovery(rebuilt).join("\n");
    for (const part of ["7 records", "/data/store.set-aside-x", "telemetry", "passwords"]) expect(text).toContain(part);
    expect(describeRecovery({ ...NOTHING_FOUND, outcome: "agreed" })).toEqual([]);
  });
});
