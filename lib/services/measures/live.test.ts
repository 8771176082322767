import { expect, test } from "vitest";
import { telemetryMinutes } from "@/db/schema";
import { withTestStore } from "@/db/testing/with-test-store";
import { PLAUSIBLE } from "@/native/core/telemetry/plausible";
import { readLiveDetails, sumLive } from "./live";

const AT = new Date("2026-11-30T12:00:00Z");
const held = withTestStore();

type Row = typeof telemetryMinutes.$inferInsert;

async function tell(appId: string, rows: readonly Partial<Row>[]): Promise<void> {
  const all = rows.map(
    (more): Row => ({
      ...{ deviceId: "dev_a", appId, versionCode: 1, at: AT, cpuMs: 0, memoryBytesMax: 0, requests: 0, blocked: 0 },
      ...{ bytesIn: 0, bytesOut: 0, inFlightMax: 0, throttledMs: 0, crashes: 0, apis: {}, hosts: [], denials: [] },
      ...more,
    }),
  );
  await held.store.transaction(({ db }) => db.insert(telemetryMinutes).values(all));
}

const hostsOf = (names: number, allowed: number, letters = 3) =>
  Array.from({ length: names }, (_, n) => {
    return { host: `${"h".repeat(letters)}${n}.example`, port: 443, purpose: "request", allowed, blocked: 0 };
  });
const detailsOf = (appId: string) => readLiveDetails(held.store.db, { appId, kind: "host", sinceMs: AT.getTime() });

test("what many increments of one device-minute told is summed within the plausible, and each minute for itself", async () => {
  const { most } = PLAUSIBLE.requests;
  const later = new Date(AT.getTime() + 60_000);
  await tell("app.sums", [
    { requests: most },
    { requests: most },
    { requests: 7, late: 1 },
    { requests: 2, at: later },
  ]);
  const sums = await sumLive(held.store.db, ["app.sums"]);
  expect(sums).toEqual([
    { appId: "app.sums", versionCode: 1, deviceId: "dev_a", hourMs: AT.getTime(), requests: most + 9, blocked: 0 },
  ]);
});

test("what waits is summed part by part, of whole minutes, each once", async () => {
  const minutes = [1, 3, 1, 2].flatMap((rows, nth) =>
    Array.from({ length: rows }, (_, n) => ({
      deviceId: `dev_${n}`,
      requests: 1,
      at: new Date(AT.getTime() + nth * 60_000),
    })),
  );
  await tell("app.parts", minutes);
  for (const rows of [1, 2, 3, 100]) {
    const sums = await sumLive(held.store.db, ["app.parts"], rows);
    expect(
      sums.reduce((sum, { requests }) => sum + requests, 0),
      `${rows} rows a part`,
    ).toBe(7);
  }
  const { most } = PLAUSIBLE.requests;
  await tell("app.cut", [{ requests: most }, { requests: most }]);
  expect(await sumLive(held.store.db, ["app.cut"], 1)).toMatchObject([{ requests: most }]);
  expect((await sumLive(held.store.db, null, 1)).length).toBeGreaterThan(3);
});

test("what the details of one device-minute count together is held within the plausible", async () => {
  const { most } = PLAUSIBLE["hosts.allowed"];
  await tell("app.held", [{ hosts: hostsOf(15, most) }, { hosts: hostsOf(15, most) }]);
  const { details } = await detailsOf("app.held");
  expect(details.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(PLAUSIBLE.detailed.most);
});

test("more bytes of details than one statement reads are read whole, each once", async () => {
  const hosts = hostsOf(30, 1, 50_000);
  await tell(
    "app.bytes",
    Array.from({ length: 9 }, (_, n) => ({ deviceId: `dev_${n}`, hosts })),
  );
  const { details, behind } = await detailsOf("app.bytes");
  expect(behind).toBeNull();
  expect(new Set(details.map(({ deviceId, name }) => `${deviceId} ${name}`)).size).toBe(270);
  expect(details).toHaveLength(270);
});

test("with more details than a read adds up, in however few increments, it says until when figures are whole", async () => {
  await tell("app.many", [{ hosts: hostsOf(60, 1) }, { hosts: hostsOf(41, 1) }]);
  const read = (most: number) =>
    readLiveDetails(held.store.db, { appId: "app.many", kind: "host", sinceMs: AT.getTime() }, most);
  expect((await read(101)).details).toHaveLength(101);
  expect(await read(100)).toEqual({ details: [], behind: AT.toISOString() });
});
