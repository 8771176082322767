import { createHash } from "node:crypto";
import { and, eq, ne, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listFiguresAside } from "@/db/figures/broken-figures";
import { readLastCounted } from "@/db/figures/last-counted";
import { ROWS_ASIDE_MAX } from "@/db/figures/rows-aside";
import { measuresOf, sumMeasures } from "@/db/measures";
import { listDays } from "@/db/partitions";
import { writeMembers } from "@/db/published-members";
import { rowsOf } from "@/db/rows";
import {
  detailDays,
  deviceMinutes,
  devices,
  fleetMinutes,
  hourDetails,
  hourRollups,
  telemetryMinutes,
  telemetrySources,
  unlistedMinutes,
} from "@/db/schema";
import { minutesAsBits } from "@/db/schema/columns";
import type { Store } from "@/db/store";
import { putRows } from "@/db/write-rows";
import { countDevices, hashDevice, sketchOf, unpackSketch } from "@/lib/domain/measures/device-sketch";
import { enter, unpackHistogram } from "@/lib/domain/measures/histogram";
import {
  devicesIn,
  enterLate,
  enterMinutes,
  type Measures,
  type MinuteNumbers,
  noMeasures,
  noNumbers,
  packHistograms,
  quantileIn,
} from "@/lib/domain/measures/measures";
import type { EntryOf } from "@/lib/domain/members";
import { AppError } from "@/lib/platform/errors";
import { causeKey } from "@/native/core/decide/cause-key";
import { PLAUSIBLE } from "@/native/core/telemetry/plausible";
import { publishDocuments } from "../publish-documents";
import { buildBatch, buildMinute } from "../testing/batch-builder";
import { ingestBatch } from "../testing/ingest-batch";
import { openRuntimeFixture, type RuntimeFixture } from "../testing/runtime-fixture";
import { listVersion } from "../testing/sync-fixture";
import { takeFoldLock } from "./fold-lock";
import { foldMinutes, PROGRAMS_MOST } from "./fold-minutes";
import { namedBy, readNamedHosts } from "./named-by-policy";
import { receivedBatchShape } from "./received-batch";
import { dropPastDays, foldTelemetry, newFoldTurns } from "./tend-telemetry";

const APP = "com.example.a";
const HOUR = 3600;
const DAY = 24 * HOUR;

let fixture: RuntimeFixture;
/** Their ids. */
let phones: string[];
beforeAll(async () => {
  fixture = await openRuntimeFixture();
  await fixture.addProgram(APP);
  phones = [];
  for (let n = 0; n < 3; n += 1) phones.push((await fixture.addDevice()).deviceId);
  // What is in force on a device is told by documents that were issued.
  await fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds: [], platform: true, changeSetId: null, narrows: false }),
  );
});
afterAll(() => fixture.close());

let versions = 0;
/** A version of its own, so that no test meets the rows of another. */
async function newVersion(): Promise<number> {
  versions += 1;
  await listVersion(fixture.store, APP, versions);
  return versions;
}

type Entry = {
  device: number;
  at: number;
  numbers: Partial<MinuteNumbers>;
  hosts?: unknown[];
  denials?: unknown[];
  /** The program's document in force. */
  program?: number;
};

async function send(
  versionCode: number,
  entries: readonly Entry[],
  batchId?: string,
  runtimeVersion = "0.2.0",
  kind = "linux",
): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  const minutes = entries.map(({ at, numbers, hosts, denials, program }) => {
    const lists = { ...(hosts === undefined ? {} : { hosts }), ...(denials === undefined ? {} : { denials }) };
    const applied = program === undefined ? {} : { applied: { epoch: 1, platform: 1, program } };
    return buildMinute(at, { ...numbers, ...lists, ...applied });
  });
  const batch = buildBatch(fixture.nowSeconds(), {
    programs: [{ appId: APP, versionCode, minutes }],
    runtime: { kind, version: runtimeVersion, layers: [] },
  });
  const sent = batchId === undefined ? batch : { ...batch, batchId, sentAt: 1 };
  const body = receivedBatchShape.parse(sent);
  const { store, ctx } = fixture;
  const answer = await ingestBatch(store, ctx, phones[first.device] ?? "", body, Buffer.from(JSON.stringify(body)));
  expect(answer).toMatchObject({ rejected: [] });
}

async function fold(): Promise<void> {
  while (await foldTelemetry(fixture.store, fixture.ctx));
}
const hoursOf = async (version: number) =>
  await fixture.store.db
    .select()
    .from(hourRollups)
    .where(eq(hourRollups.versionCode, version))
    .orderBy(hourRollups.hour);
const sourcesOf = async (version: number) =>
  await fixture.store.db.select().from(telemetrySources).where(eq(telemetrySources.versionCode, version));
const told = (measures: Measures) => ({ ...measures, histograms: packHistograms(measures.histograms) });

/** A minute that is over and was folded at the latest now. */
const past = (minutesAgo: number) => Math.floor(fixture.nowSeconds() / 60) * 60 - (minutesAgo + 3) * 60;

describe("folding", () => {
  it("waits until a minute is over and its increments are here, and counts the minute once with all of them", async () => {
    const version = await newVersion();
    const at = Math.floor(fixture.nowSeconds() / 60) * 60;
    await send(version, [{ device: 0, at, numbers: { cpuMs: 10, memoryBytesMax: 50 } }]);
    await send(version, [{ device: 0, at, numbers: { cpuMs: 30, memoryBytesMax: 40 } }]);
    await fold();
    expect(await hoursOf(version)).toEqual([]);
    fixture.clock.advance(140);
    await fold();
    const [row] = await hoursOf(version);
    expect(row).toMatchObject({ cpuMs: 40, memoryBytesMax: 50, minutes: 1, late: 0, runtimeKind: "linux", labels: "" });
    const of = sumMeasures(row === undefined ? [] : [row]);
    expect([quantileIn(of, "cpuMs", 0.5), devicesIn(of)]).toEqual([40, 1]);
    const waiting = fixture.store.db.select().from(telemetryMinutes).where(eq(telemetryMinutes.versionCode, version));
    expect(await waiting).toEqual([]);
    const [kept] = await fixture.store.db
      .select()
      .from(deviceMinutes)
      .where(eq(deviceMinutes.at, new Date(at * 1000)));
    expect(kept).toMatchObject({ cpuMs: 40, memoryBytesMax: 50, bridgeCalls: null, appliedEpoch: null });
  });

  it("adds what comes later to a minute that was folded, and holds it at the plausible, once told", async () => {
    const version = await newVersion();
    const [at, most] = [past(1), PLAUSIBLE.crashes.most];
    for (const crashes of [1, most - 1, 5]) {
      await send(version, [{ device: 0, at, numbers: { crashes, requests: 2 } }]);
      await fold();
    }
    const [row] = await hoursOf(version);
    expect(row).toMatchObject({ crashes: most, requests: 6, minutes: 1 });
    expect(quantileIn(sumMeasures(row === undefined ? [] : [row]), "requests", 0.5)).toBe(6);
    const [device] = await fixture.store.db
      .select()
      .from(devices)
      .where(eq(devices.id, phones[0] ?? ""));
    expect(device).toMatchObject({ clamped: 1 });
  });

  it("adds what another version of the runtime tells of a minute to the same minute, and holds both at one plausible", async () => {
    const version = await newVersion();
    const [at, most] = [past(1), PLAUSIBLE.crashes.most];
    for (const runtime of ["1.0.0", "1.0.1", "1.0.2"]) {
      await send(version, [{ device: 0, at, numbers: { crashes: most } }], undefined, runtime);
      await fold();
    }
    expect(await hoursOf(version)).toMatchObject([{ crashes: most, minutes: 1 }]);
    expect(await sourcesOf(version)).toHaveLength(1);
  });

  it("counts a minute that is told of after its 48 hours, calls it late, and enters it nowhere else", async () => {
    const version = await newVersion();
    const late = past(49 * 60);
    await send(version, [{ device: 0, at: late, numbers: { cpuMs: 7, memoryBytesMax: 9 } }]);
    await send(version, [{ device: 0, at: late, numbers: { cpuMs: 2 } }]);
    await fold();
    const [row] = await hoursOf(version);
    expect(row).toMatchObject({ cpuMs: 9, memoryBytesMax: 0, minutes: 0, late: 2 });
    expect(devicesIn(sumMeasures(row === undefined ? [] : [row]))).toBe(0);
    expect(await fixture.store.db.select().from(fleetMinutes).where(eq(fleetMinutes.versionCode, version))).toEqual([]);
  });

  it("counts nothing that a device told which was revoked before it was folded", async () => {
    const version = await newVersion();
    const { deviceId } = await fixture.addDevice();
    phones[3] = deviceId;
    await send(version, [{ device: 3, at: past(1), numbers: { cpuMs: 7 } }]);
    const revokedAt = new Date(fixture.clock.nowMs());
    await fixture.store.transaction(({ db }) => db.update(devices).set({ revokedAt }).where(eq(devices.id, deviceId)));
    await fold();
    expect(await hoursOf(version)).toEqual([]);
    expect(
      await fixture.store.db.select().from(telemetryMinutes).where(eq(telemetryMinutes.deviceId, deviceId)),
    ).toEqual([]);
  });

  it("keeps what a device told that is revoked once it is folded: it happened", async () => {
    const version = await newVersion();
    const { deviceId } = await fixture.addDevice();
    phones[3] = deviceId;
    await send(version, [{ device: 3, at: past(1), numbers: { cpuMs: 7 } }]);
    await fold();
    const revokedAt = new Date(fixture.clock.nowMs());
    await fixture.store.transaction(({ db }) => db.update(devices).set({ revokedAt }).where(eq(devices.id, deviceId)));
    await fold();
    expect(await hoursOf(version)).toMatchObject([{ cpuMs: 7, minutes: 1 }]);
  });

  it("holds what the lists of one device-minute count together, in however many increments and folds, and says so", async () => {
    const version = await newVersion();
    const [at, most] = [past(1), PLAUSIBLE["hosts.allowed"].most];
    const hosts = ["a", "b", "c"].map((name) => {
      return { host: `${name}.example`, port: 443, purpose: "request", allowed: most, blocked: most };
    });
    const { deviceId } = await fixture.addDevice();
    phones[3] = deviceId;
    for (let n = 0; n < 5; n += 1) {
      await send(version, [{ device: 3, at, numbers: {}, hosts }]);
      if (n % 2 === 0) await fold();
    }
    await fold();
    const rows = await fixture.store.db.select().from(hourDetails).where(eq(hourDetails.versionCode, version));
    expect(rows.reduce((sum, { allowed, refused }) => sum + allowed + refused, 0)).toBe(PLAUSIBLE.detailed.most);
    const [device] = await fixture.store.db.select().from(devices).where(eq(devices.id, deviceId));
    expect(device?.clamped).toBeGreaterThan(0);
  });

  it("gives what folding the raw minutes gives, in any order of batches, repeated, late, and folded at any moment", {
    timeout: 300_000,
  }, async () => {
    const minute = fc.nat({ max: 4 });
    const count = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 6_000_000 }));
    const entry = fc.record({
      device: fc.nat({ max: 2 }),
      minute,
      isLate: fc.boolean(),
      kind: fc.constantFrom("linux", "android"),
      program: fc.nat({ max: 2 }),
      calls: fc.nat({ max: 90 }),
      numbers: fc.record(
        {
          cpuMs: count,
          memoryBytesMax: count,
          requests: fc.nat({ max: 9 }),
          bridgeCalls: count,
          storageBytesMax: count,
        },
        { requiredKeys: ["cpuMs", "memoryBytesMax", "requests"] },
      ),
    });
    const steps = fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ batch: fc.array(entry, { minLength: 1, maxLength: 3 }), repeats: fc.nat({ max: 1 }) }),
        },
        { weight: 1, arbitrary: fc.constant("fold" as const) },
      ),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const version = await newVersion();
        type Minute = { device: number; at: number; kind: string; numbers: MinuteNumbers; increments: number };
        const [minutes, lates] = [new Map<string, Minute>(), new Map<string, Minute>()];
        type Calls = { allowed: number; late: number; histogram: Map<number, number>; devices: Set<number> };
        const calls = new Map<string, Calls>();
        const hourOf = (at: number) => Math.floor(at / HOUR) * HOUR * 1000;
        for (const step of run) {
          if (step === "fold") {
            await fold();
            continue;
          }
          for (const { device, minute: ago, isLate, numbers, kind, program, calls: allowed } of unlike(step.batch)) {
            const at = isLate ? past(50 * 60 + ago) : past(ago * 40);
            const batchId = `batch-${version}-${Math.random().toString(36).slice(2)}-0000`;
            const hosts = [{ host: "calls.example", port: 443, purpose: "request", allowed, blocked: 0 }];
            for (let times = 0; times <= step.repeats; times += 1)
              await send(version, [{ device, at, numbers, hosts, program }], batchId, "0.2.0", kind);
            const of = isLate ? lates : minutes;
            const key = `${device} ${at} ${kind}`;
            const known = of.get(key);
            const sum = added(known?.numbers ?? noNumbers(), { ...noNumbers(), ...numbers });
            of.set(key, { device, at, kind, numbers: sum, increments: (known?.increments ?? 0) + 1 });
            const detail = `${hourOf(at)} ${program}`;
            const told = calls.get(detail) ?? { allowed: 0, late: 0, histogram: new Map(), devices: new Set() };
            calls.set(detail, told);
            told.allowed += allowed;
            if (isLate) told.late += 1;
            else {
              enter(told.histogram, allowed);
              told.devices.add(hashDevice(phones[device] ?? ""));
            }
          }
        }
        await Promise.all([fold(), fold()]);
        await fold();
        const hours = new Map<string, Measures>();
        const hourAt = ({ at, kind }: Minute) => {
          const key = `${hourOf(at)} ${kind}`;
          const measures = hours.get(key) ?? noMeasures();
          hours.set(key, measures);
          return measures;
        };
        const fleet = noMeasures();
        for (const minute of minutes.values()) {
          const entered = { hash: hashDevice(phones[minute.device] ?? ""), numbers: minute.numbers, before: null };
          enterMinutes(hourAt(minute), [entered]);
          enterMinutes(fleet, [entered]);
        }
        for (const minute of lates.values()) enterLate(hourAt(minute), minute.numbers, minute.increments);
        const found = (await hoursOf(version)).map((row) => {
          return [`${row.hour.getTime()} ${row.runtimeKind}`, told(measuresOf(row))] as const;
        });
        expect(new Map(found)).toEqual(new Map([...hours].map(([hour, measures]) => [hour, told(measures)])));
        const rows = await fixture.store.db.select().from(fleetMinutes).where(eq(fleetMinutes.versionCode, version));
        expect(told(sumMeasures(rows))).toEqual(told(fleet));
        const named = await fixture.store.db.select().from(hourDetails).where(eq(hourDetails.versionCode, version));
        const details = named.map((row) => {
          const { allowed, late, histogram } = row;
          const counted = { allowed, late, histogram: unpackHistogram(histogram), devices: unpackSketch(row.devices) };
          return [`${row.hour.getTime()} ${row.programRevision}`, counted] as const;
        });
        const model = [...calls].map(([key, of]) => [key, { ...of, devices: sketchOf(of.devices) }] as const);
        expect(new Map(details)).toEqual(new Map(model));
      }),
      { numRuns: 8 },
    );
  });
});

describe("a turn", () => {
  const insert = async (rows: readonly Partial<typeof telemetryMinutes.$inferInsert>[]) =>
    await fixture.store.transaction(({ db }) =>
      db.insert(telemetryMinutes).values(
        rows.map((more) => ({
          ...{ deviceId: phones[0] ?? "", appId: APP, versionCode: 1, at: new Date(past(1) * 1000), cpuMs: 0 },
          ...{ memoryBytesMax: 0, requests: 0, blocked: 0, bytesIn: 0, bytesOut: 0, inFlightMax: 0, throttledMs: 0 },
          ...{ crashes: 0, apis: {}, hosts: [], denials: [], ...more },
        })),
      ),
    );
  const turnOf = async (most: number) => (await foldMinutes(fixture.store, fixture.ctx, most))?.rows ?? null;

  it("counts what another one folds between its reading and its writing, and is done again where that changed what it read", async () => {
    await fold();
    const version = await newVersion();
    // All of one hour, and so of one row.
    const at = Math.floor(fixture.nowSeconds() / HOUR) * HOUR - HOUR / 2;
    const tell = (second: number, requests: number) => {
      const hosts = [{ host: "api.example", port: 443, purpose: "request", allowed: requests, blocked: 0 }];
      return send(version, [{ device: 0, at: second, numbers: { requests }, hosts }]);
    };
    await tell(at, 1);
    // Days and sources are there from here on: a turn has one transaction.
    await turnOf(1);
    await tell(at, 2);
    let others = 1;
    const between: Store = {
      ...fixture.store,
      async transaction(work) {
        if (others > 0) {
          others -= 1;
          await tell(at - 60, 4);
          expect(await foldMinutes(fixture.store, fixture.ctx, 1)).toMatchObject({ rows: 1 });
        }
        return await fixture.store.transaction(work);
      },
    };
    expect(await foldMinutes(between, fixture.ctx, 1)).toMatchObject({ rows: 1 });
    await fold();
    expect(await hoursOf(version)).toMatchObject([{ requests: 7, minutes: 2 }]);
    const named = fixture.store.db.select().from(hourDetails).where(eq(hourDetails.versionCode, version));
    expect(await named).toMatchObject([{ allowed: 7 }]);
  });

  it("that was rolled back changed nothing for others", async () => {
    const { db, kind } = fixture.store;
    const last = await readLastCounted(db);
    const failing = fixture.store.transaction(async (tx) => {
      await takeFoldLock(tx.db, kind, last);
      throw new AppError("unavailable", "A test.");
    });
    await expect(failing).rejects.toThrow("A test.");
    expect(await fixture.store.transaction((tx) => takeFoldLock(tx.db, kind, last))).toBe(true);
    if (kind === "pglite") expect(await fixture.store.transaction((tx) => takeFoldLock(tx.db, kind, last))).toBe(false);
  });

  it("takes as many increments as have few MiB of lists together, and one at least", async () => {
    await fold();
    const apisOf = (letters: number) => {
      const told = { allowed: 1, denied: 0, more: "h".repeat(letters) };
      return { "nfc.read": told };
    };
    await insert(Array.from({ length: 4 }, () => ({ apis: apisOf(1.5 * 2 ** 20) })));
    await insert([{ apis: apisOf(5 * 2 ** 20) }, {}, {}]);
    expect([await turnOf(100), await turnOf(100), await turnOf(100), await turnOf(100)]).toEqual([3, 2, 2, null]);
  });

  it("is of few programs, those that wait the longest, and looks at a part of what waits", async () => {
    await fold();
    const apps = [APP, "com.example.b", APP, "com.example.b"];
    await insert(apps.map((appId, n) => ({ appId, at: new Date((past(9) + n * 60) * 1000) })));
    expect(await turnOf(2)).toBe(2);
    const left = await fixture.store.db.select({ appId: telemetryMinutes.appId }).from(telemetryMinutes);
    expect(left).toEqual([{ appId: "com.example.b" }, { appId: "com.example.b" }]);
    await insert(Array.from({ length: 9 }, () => ({})));
    expect([await turnOf(1), await turnOf(1), await turnOf(20), await turnOf(20)]).toEqual([1, 1, 9, null]);
  });

  it("is of so many programs at most, however few increments each has", async () => {
    await fold();
    const most = Math.min(PROGRAMS_MOST[fixture.store.kind], 40);
    await insert(Array.from({ length: 40 }, (_, n) => ({ appId: `com.example.many${n}` })));
    expect(await turnOf(100)).toBe(most);
    await fold();
  });

  /** Values that no device can send, as a fault of ours or of a disk would leave them: one no code takes, one no database. */
  const BROKEN = [
    { hosts: 7 as never, requests: 5 },
    { hosts: [{ host: "a\u0000b", port: 443, purpose: "request", allowed: 1, blocked: 0 }], requests: 6 },
  ];
  const asideRows = () =>
    rowsOf<{ says: string; told: object }>(fixture.store.db, sql`select says, told from set_aside.rows`);

  it("goes on without increments that fail by themselves, which are put aside as they stand, and told", async () => {
    await fold();
    const version = await newVersion();
    const told = (more: object) => ({ versionCode: version, requests: 1, ...more });
    await insert([told({}), told({}), ...BROKEN.map(told), told({ at: new Date(past(2) * 1000) }), told({})]);
    const logged = fixture.logged.length;
    while (await foldTelemetry(fixture.store, fixture.ctx, newFoldTurns()));
    const { db } = fixture.store;
    expect(await db.select().from(telemetryMinutes)).toEqual([]);
    expect((await hoursOf(version)).reduce((sum, { requests }) => sum + requests, 0)).toBe(4);
    const errors = fixture.logged.slice(logged).filter((line) => line.startsWith("error"));
    expect(errors).toEqual(["error increment_set_aside", "error increment_set_aside"]);
    expect(await listFiguresAside(db)).toEqual(["2 rows of telemetry_minutes"]);
    const aside = await asideRows();
    expect(aside.map((row) => row.told)).toMatchObject(
      BROKEN.map((row) => ({ app_id: APP, version_code: version, ...row })),
    );
    expect(aside.map(({ says }) => says)).toEqual([
      expect.stringMatching(/iterable/),
      expect.stringMatching(/unicode/i),
    ]);
  });

  it("puts nothing aside that fails once alone, nor where the store cannot be used", async () => {
    await fold();
    const aside = await asideRows();
    await insert([{}]);
    const failing = (errors: Error[]) => {
      const transaction: typeof fixture.store.transaction = async (work) => {
        const error = errors.shift();
        if (error !== undefined) throw error;
        return await fixture.store.transaction(work);
      };
      const store = { ...fixture.store, transaction, in: () => store };
      return store;
    };
    const unavailable = failing([new AppError("unavailable", "Not now.")]);
    await expect(foldTelemetry(unavailable, fixture.ctx, { size: 1 })).rejects.toMatchObject({ code: "unavailable" });
    const crash = Object.assign(new Error("unreachable"), { name: "RuntimeError" });
    for (const none of [new Error("closed"), crash, new RangeError("Array buffer allocation failed")]) {
      const broken = failing([none, none, none]);
      await expect(foldTelemetry(broken, fixture.ctx, { size: 1 })).rejects.toThrow(none.message);
    }
    const once = failing([new TypeError("a moment")]);
    expect(await foldMinutes(once, fixture.ctx, 1)).toMatchObject({ rows: 1 });
    expect(await fixture.store.db.select().from(telemetryMinutes)).toEqual([]);
    expect(await asideRows()).toEqual(aside);
  });

  it("waits at one more than may stand aside, which is a fault of more than rows", async () => {
    await fold();
    await insert([BROKEN[0] ?? {}]);
    const { db } = fixture.store;
    const fill = sql`insert into set_aside.rows select 'telemetry_minutes', now(), '', '{}' from generate_series(1, ${ROWS_ASIDE_MAX}::int)`;
    await fixture.store.transaction((tx) => tx.db.execute(fill));
    await expect(foldTelemetry(fixture.store, fixture.ctx, { size: 1 })).rejects.toThrow(TypeError);
    expect(await db.select().from(telemetryMinutes)).toHaveLength(1);
    await fixture.store.transaction((tx) => tx.db.execute(sql`delete from set_aside.rows`));
    expect(await foldTelemetry(fixture.store, fixture.ctx, { size: 1 })).toBe(false);
    expect(await asideRows()).toHaveLength(1);
  });

  it("is half as large after one that failed, in the next call too, and grows again", async () => {
    const turns = newFoldTurns();
    const { size } = turns;
    const nowMs = () => {
      throw new Error("no time");
    };
    for (let n = 0; n < 20; n += 1)
      await expect(
        foldTelemetry(fixture.store, { ...fixture.ctx, clock: { ...fixture.ctx.clock, nowMs } }, turns),
      ).rejects.toThrow("no time");
    expect(turns.size).toBe(1);
    await insert([{}, {}]);
    expect(await foldTelemetry(fixture.store, fixture.ctx, turns)).toBe(false);
    expect(turns.size).toBeGreaterThan(1);
    expect(turns.size).toBeLessThan(size);
  });
});

/** One entry a device and minute, as a batch has them. */
const unlike = <T extends { device: number; minute: number; isLate: boolean }>(entries: readonly T[]): T[] => [
  ...new Map(entries.map((entry) => [`${entry.device} ${entry.minute} ${entry.isLate}`, entry])).values(),
];

/** The model's own sum of two increments. */
function added(a: MinuteNumbers, b: MinuteNumbers): MinuteNumbers {
  const tell = (one: number | null, other: number | null, by: (x: number, y: number) => number) =>
    one === null || other === null ? (one ?? other) : by(one, other);
  const held = (name: "cpuMs" | "requests") => Math.min(PLAUSIBLE[name].most, a[name] + b[name]);
  return {
    ...noNumbers(),
    cpuMs: held("cpuMs"),
    requests: held("requests"),
    memoryBytesMax: Math.max(a.memoryBytesMax, b.memoryBytesMax),
    bridgeCalls: tell(a.bridgeCalls, b.bridgeCalls, (x, y) => Math.min(PLAUSIBLE.bridgeCalls.most, x + y)),
    storageBytesMax: tell(a.storageBytesMax, b.storageBytesMax, Math.max),
  };
}

const NAMING: EntryOf<"host"> = {
  kind: "host",
  member: { kind: "host", appId: APP, ruleId: "rule_named" },
  value: { host: "h003.example", ports: [443], purposes: ["request"] },
};

const BLOCK: EntryOf<"blocked-host"> = {
  kind: "blocked-host",
  member: { kind: "blocked-host", host: "evil.example" },
  value: true,
};

describe("details", () => {
  it("of a host that the platform blocks are named by the block: its name and every name below it, on any port", async () => {
    await fixture.store.transaction(({ db }) =>
      writeMembers(db, [BLOCK], { at: new Date(fixture.clock.nowMs()), changeSetId: null }),
    );
    const hosts = await readNamedHosts(fixture.store.db, APP);
    const by = (name: string) => namedBy(hosts, { kind: "host", name, appId: APP, versionCode: 1, about: null });
    expect(by("evil.example:443:request")).toBe("block");
    expect(by("a.b.evil.example:8443:socket")).toBe("block");
    expect([by("notevil.example:443:request"), by("example:443:request")]).toEqual([null, null]);
    const about = { code: "HOST_BLOCKED_BY_PLATFORM", host: "a.evil.example", port: 8443 };
    const cause = {
      appId: APP,
      versionCode: 1,
      code: "HOST_BLOCKED_BY_PLATFORM",
      subject: "a.evil.example:8443",
    } as const;
    const name = causeKey(cause, (bytes) => createHash("sha256").update(bytes).digest());
    expect(namedBy(hosts, { kind: "cause", name, appId: APP, versionCode: 1, about })).toBe("block");
    expect(namedBy(hosts, { kind: "cause", name: "0123", appId: APP, versionCode: 1, about })).toBe(null);
  });

  const host = (name: string, blocked: number) => ({ host: name, port: 443, purpose: "request", allowed: 1, blocked });
  const detailsOf = async (version: number) =>
    await fixture.store.db
      .select()
      .from(hourDetails)
      .where(eq(hourDetails.versionCode, version))
      .orderBy(hourDetails.name);

  it("below a block are told apart up to 4,000 a day, as a device can make up any number of them", async () => {
    const version = await newVersion();
    const at = past(1);
    const row = {
      appId: APP,
      day: new Date(Math.floor(at / DAY) * DAY * 1000),
      names: { host: 3_999 },
      isFolded: false,
    };
    await fixture.store.transaction(({ db }) => putRows(db, detailDays, [row]));
    const hosts = [host("first.evil.example", 1), host("second.evil.example", 1)];
    await send(version, [{ device: 0, at, numbers: {}, hosts }]);
    await fold();
    const names = (await detailsOf(version)).map(({ name }) => name).sort();
    expect(names).toEqual(["first.evil.example:443:request", "~other"]);
    await fixture.store.transaction(({ db }) => putRows(db, detailDays, [{ ...row, names: {} }]));
  });

  it("are counted by hour and name with their first and last minute and their devices, in any number of turns", async () => {
    const version = await newVersion();
    const [first, last] = [past(2), past(1)];
    const denials = [
      {
        cause: "0123456789abcdef",
        code: "HOST_NOT_ALLOWED",
        layer: "host",
        rule: null,
        host: "x.example",
        port: 443,
        count: 2,
      },
    ];
    await send(version, [{ device: 0, at: last, numbers: {}, hosts: [host("api.example", 3)], denials }]);
    await fold();
    await send(version, [{ device: 1, at: first, numbers: {}, hosts: [host("api.example", 4), host("~other", 1)] }]);
    await fold();
    const rows = await detailsOf(version);
    const byHour = rows
      .filter(({ kind }) => kind === "host")
      .map(({ name, allowed, refused }) => [name, allowed, refused]);
    // Both minutes are of one hour but where the hour is just over.
    const sums = new Map<unknown, [number, number]>();
    for (const [name, allowed, refused] of byHour) {
      const known = sums.get(name) ?? [0, 0];
      sums.set(name, [known[0] + Number(allowed), known[1] + Number(refused)]);
    }
    expect([...sums]).toEqual([
      ["api.example:443:request", [2, 7]],
      ["~other", [1, 1]],
    ]);
    expect(rows.find(({ kind }) => kind === "cause")).toMatchObject({
      ...{ name: "0123456789abcdef", refused: 2, firstAt: new Date(last * 1000) },
      about: { code: "HOST_NOT_ALLOWED", host: "x.example" },
    });
    const api = rows.find(({ name }) => name.startsWith("api.example"));
    expect(countDevices(unpackSketch(api?.devices ?? new Uint8Array()))).toBeGreaterThanOrEqual(1);
  });

  it("past the 200 largest of a day go under ~other a day after its end, but for what a rule names, and no count is lost", async () => {
    const version = await newVersion();
    const at = past(1);
    const names = Array.from({ length: 245 }, (_, n) => `h${String(n).padStart(3, "0")}.example`);
    for (let from = 0; from < names.length; from += 49) {
      const hosts = names.slice(from, from + 49).map((name, n) => host(name, from + n < 10 ? 0 : 1));
      await send(version, [{ device: 0, at: at - from * 60, numbers: {}, hosts }]);
    }
    await fixture.store.transaction(({ db }) =>
      writeMembers(db, [NAMING], { at: new Date(at * 1000), changeSetId: null }),
    );
    await fold();
    const before = (await detailsOf(version)).filter(({ kind }) => kind === "host");
    expect(new Set(before.map(({ name }) => name)).size).toBe(245);
    fixture.clock.advance(2 * DAY + 1);
    await fold();
    const open = fixture.store.db
      .select()
      .from(detailDays)
      .where(and(eq(detailDays.appId, APP), ne(detailDays.isFolded, true)));
    expect(await open).toEqual([]);
    const after = (await detailsOf(version)).filter(({ kind }) => kind === "host");
    const total = (rows: typeof after) => rows.reduce((sum, { allowed, refused }) => sum + allowed + refused, 0);
    expect(total(after)).toBe(total(before));
    const kept = new Set(after.map(({ name }) => name.split(":")[0]));
    expect([kept.has("h003.example"), kept.has("h002.example"), kept.has("~other")]).toEqual([true, false, true]);
    expect(kept.size).toBeLessThanOrEqual(203);
  });
});

it("days past their time go, those of events, answers and minutes each by its own", async () => {
  await dropPastDays(fixture.store, fixture.ctx);
  const version = await newVersion();
  await send(version, [{ device: 0, at: past(1), numbers: { cpuMs: 1 } }]);
  await fold();
  await dropPastDays(fixture.store, fixture.ctx);
  expect(await sourcesOf(version)).toHaveLength(1);
  fixture.clock.advance(4 * DAY);
  await dropPastDays(fixture.store, fixture.ctx);
  expect(await fixture.store.db.select().from(deviceMinutes)).toEqual([]);
  expect(await fixture.store.db.select().from(fleetMinutes).where(eq(fleetMinutes.versionCode, version))).toEqual([]);
  expect(await hoursOf(version)).toMatchObject([{ cpuMs: 1 }]);
  expect(await sourcesOf(version)).toEqual([]);
});

it("a day of minutes is kept while something that came in time waits to be folded into it, and goes after", async () => {
  const version = await newVersion();
  const at = past(1);
  await send(version, [{ device: 0, at, numbers: { crashes: PLAUSIBLE.crashes.most } }]);
  await fold();
  await send(version, [{ device: 0, at, numbers: { crashes: 5, requests: 2 } }]);
  fixture.clock.advance(4 * DAY);
  await dropPastDays(fixture.store, fixture.ctx);
  await fold();
  expect(await hoursOf(version)).toMatchObject([{ crashes: PLAUSIBLE.crashes.most, requests: 2, minutes: 1 }]);
  await dropPastDays(fixture.store, fixture.ctx);
  const days = ["device_minutes", "fleet_minutes"] as const;
  for (const relation of days) expect(await listDays(fixture.store.db, relation)).not.toContain(Math.floor(at / DAY));
});

it("what comes late makes no day of minutes again", async () => {
  const version = await newVersion();
  const late = past(5 * 24 * 60);
  const day = Math.floor(late / DAY);
  await dropPastDays(fixture.store, fixture.ctx);
  await send(version, [{ device: 0, at: late, numbers: { cpuMs: 7 } }]);
  await fold();
  expect(await hoursOf(version)).toMatchObject([{ cpuMs: 7, late: 1 }]);
  for (const relation of ["device_minutes", "fleet_minutes"] as const)
    expect(await listDays(fixture.store.db, relation)).not.toContain(day);
});

it("minutes of versions never listed go 14 days after their day, however many there are, and not before", async () => {
  const day = new Date(Math.floor(fixture.nowSeconds() / DAY) * DAY * 1000);
  const minutes = minutesAsBits(new Set([1]));
  const rows = Array.from({ length: 1001 }, (_, n) => ({ deviceId: `dev_${n}`, appId: APP, day, minutes }));
  await fixture.store.transaction(({ db }) => db.insert(unlistedMinutes).values(rows));
  const kept = () => fixture.store.db.select().from(unlistedMinutes).where(eq(unlistedMinutes.day, day));
  fixture.clock.advance(day.getTime() / 1000 + 15 * DAY - fixture.clock.nowMs() / 1000);
  await dropPastDays(fixture.store, fixture.ctx);
  expect(await kept()).toHaveLength(1001);
  fixture.clock.advance(1);
  await dropPastDays(fixture.store, fixture.ctx);
  expect(await kept()).toEqual([]);
});
