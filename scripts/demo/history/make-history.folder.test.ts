import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyAuditLog } from "@/lib/services/audit/verify-audit-log";
import { getSession } from "@/lib/services/people/get-session";
import { markSeeded } from "@/lib/services/platform/mark-seeded";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { type MadeHistory, makeHistory } from "./make-history";
import { openPast, type Past } from "./open-past";
import { createWalkingClock } from "./walking-clock";

const UNTIL_MS = Date.UTC(2026, 5, 10, 20);
const folder = mkdtempSync(join(tmpdir(), "bulkhead-past-"));
const place = { dataDir: join(folder, "console"), platformId: "harbor", platformName: "Harbor" };
let made: MadeHistory;
let past: Past;

beforeAll(async () => {
  made = await makeHistory({ ...place, keysDir: join(folder, "publishers"), untilMs: UNTIL_MS, devices: 6 });
  past = await openPast(place, createWalkingClock(UNTIL_MS + 1_000));
}, 240_000);
afterAll(async () => {
  await past.close();
  rmSync(folder, { recursive: true, force: true });
});

it("leaves a log that is whole, and documents that verify, to whoever opens the store after it", async () => {
  const found = await verifyAuditLog(past.context, past.person("Mara"));
  expect(found).toMatchObject({ isWhole: true, problem: null, firstBadSequence: null });
  expect(found.documents).toBeGreaterThan(12);
});

it("is counted by pages as its devices told it", async () => {
  const used = Object.entries(made.told).filter(([, { minutes }]) => minutes > 0);
  expect(used.length).toBeGreaterThan(3);
  for (const [appId, { requests, blocked, crashes }] of used) {
    const { totals } = await readTelemetry(past.context, past.person("Mara"), appId, { range: "14d" });
    expect(totals, appId).toMatchObject({ requests, blocked, crashes, lost: 0 });
  }
});

it("says until when it was made, once, and never of a platform that people use", async () => {
  const { context } = past;
  expect((await getSession(context, past.person("Mara"))).seededUntil).toBe(new Date(UNTIL_MS).toISOString());
  await expect(markSeeded(context, UNTIL_MS)).rejects.toMatchObject({ code: "internal" });
  const inUse = { ...context, config: { ...context.config, isDevelopmentStore: false } };
  await expect(markSeeded(inUse, UNTIL_MS)).rejects.toMatchObject({ code: "internal" });
});
