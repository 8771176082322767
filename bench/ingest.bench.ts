import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inArray } from "drizzle-orm";
import { openStore } from "../db/open-store";
import { keepDays } from "../db/partitions";
import { devices, events, programs, publishers, telemetryBatches, telemetryMinutes, versions } from "../db/schema";
import type { Store } from "../db/store";
import { postgresServer, stopPostgresServer } from "../db/testing/postgres-server";
import { systemClock } from "../lib/platform/clock";
import { randomIds } from "../lib/platform/ids";
import { createLogger } from "../lib/platform/logger";
import type { SyncContext } from "../lib/sync/context";
import { createTrust } from "../lib/sync/heads/create-trust";
import { createFileSigner } from "../lib/sync/keys/file-keys";
import { openKeyFolder } from "../lib/sync/keys/key-folder";
import { createIngest } from "../lib/sync/telemetry/create-ingest";
import { foldTelemetry, newFoldTurns } from "../lib/sync/telemetry/tend-telemetry";
import { createDeviceKey } from "../lib/sync/testing/device-key";
import type { BenchResult } from "./bench-report";
import { deviceBatch, PROGRAMS } from "./ingest/device-batches";
import { measureDisk } from "./ingest/disk";

const ROUNDS = 5;
const BATCHES = 96;
/** Devices that send at once, as many as the door lets in together. */
const CONCURRENT = 32;
const TARGET = 0.6;

const logger = createLogger((line) => process.stderr.write(line));

async function seed(store: Store): Promise<void> {
  const createdAt = new Date(systemClock.nowMs());
  await store.transaction(async ({ db }) => {
    await db.insert(publishers).values({ id: "pub_bench", name: "Bench", createdAt });
    const publisherId = "pub_bench";
    await db
      .insert(programs)
      .values(PROGRAMS.map((appId) => ({ appId, publisherId, name: appId, status: "active" as const, createdAt })));
    await db.insert(versions).values(
      PROGRAMS.map((appId) => ({
        ...{ appId, code: 1, name: "1.0", publisherId, sha256: appId.padEnd(64, "0"), sizeBytes: 1, kid: "kid" },
        ...{
          submissionId: `sub_${appId}`,
          state: "listed" as const,
          declares: [],
          manifest: {},
          engine: "script" as const,
        },
        ...{ submittedAt: createdAt, listedAt: createdAt },
      })),
    );
    const { jwk } = createDeviceKey();
    await db.insert(devices).values(
      Array.from({ length: ROUNDS * BATCHES + BATCHES }, (_, n) => ({
        ...{ id: deviceId(n), name: deviceId(n), publicJwk: jwk, thumbprint: `thumbprint_${n}`, runtimeKind: "linux" },
        ...{ runtimeVersion: "0.2.0", runtimeLayers: [], enrolledAt: createdAt, discarded: {} },
      })),
    );
  });
}

const deviceId = (nth: number): string => `dev_bench${String(nth).padStart(16, "0")}`;

/** Runs work on `items`, some of them at once, and answers with how long it took, in ms. */
async function timed<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<number> {
  const left = [...items];
  const from = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
  return performance.now() - from;
}

type Told = { minutes: (typeof telemetryMinutes.$inferSelect)[]; events: (typeof events.$inferSelect)[] };

/** The rows that these devices' batches became, before they are folded. */
async function readTold(store: Store, ids: readonly string[]): Promise<Told[]> {
  const minutes = await store.db
    .select()
    .from(telemetryMinutes)
    .where(inArray(telemetryMinutes.deviceId, [...ids]));
  const told = await store.db
    .select()
    .from(events)
    .where(inArray(events.deviceId, [...ids]));
  return ids.map((id) => ({
    minutes: minutes.filter((row) => row.deviceId === id),
    events: told.filter((row) => row.deviceId === id),
  }));
}

/** The same rows as they are, in a store of its own, a batch a transaction and a statement a table. */
async function insertPlainly(store: Store, told: Told, nth: number): Promise<void> {
  await store.transaction(async ({ db }) => {
    await db.insert(telemetryMinutes).values(told.minutes);
    await db.insert(events).values(told.events);
    const digest = Buffer.alloc(16, nth % 256);
    digest.writeUInt32BE(nth);
    await db.insert(telemetryBatches).values({
      ...{ batch: digest, body: digest, receivedAt: new Date(systemClock.nowMs()), accepted: 35 },
      ...{ intervalSeconds: 60, sampling: 100 },
    });
  });
}

async function measure(name: string, open: () => Promise<Store>, ctx: SyncContext) {
  const [store, plain] = [await open(), await open()];
  const ingest = createIngest(store, ctx);
  const turns = newFoldTurns();
  for (const one of [store, plain]) await seed(one);
  let [ingestMs, foldMs, plainMs, rows] = [0, 0, 0, 0];
  // The first round warms both up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const nth = Array.from({ length: BATCHES }, (_, n) => round * BATCHES + n);
    const nowSeconds = Math.floor(systemClock.nowMs() / 1000);
    const batches = nth.map((n) => {
      const batch = deviceBatch(n, nowSeconds);
      return { id: deviceId(n), batch, body: Buffer.from(JSON.stringify(batch)) };
    });
    const taken = await timed(batches, ({ id, batch, body }) => ingest.take(id, batch, body));
    const told = await readTold(store, nth.map(deviceId));
    const folded = await timed([store], async (one) => {
      while (await foldTelemetry(one, ctx, turns));
    });
    const days = told.flatMap((one) => one.events.map(({ at }) => at.getTime()));
    await keepDays(plain, "events", days);
    await keepDays(plain, "telemetry_batches", [systemClock.nowMs()]);
    const inserted = await timed([...told.entries()], ([n, one]) => insertPlainly(plain, one, nth[n] ?? 0));
    if (round === 0) continue;
    ingestMs += taken;
    foldMs += folded;
    plainMs += inserted;
    rows += told.reduce((sum, one) => sum + one.minutes.length + one.events.length + 1, 0);
  }
  const disk = await measureDisk(store.db, name);
  for (const one of [store, plain]) await one.close();
  const ratio = plainMs / (ingestMs + foldMs);
  return {
    ratio,
    results: [
      { store: name, what: "plain multi-row inserts, rows/s", figure: (rows * 1000) / plainMs },
      { store: name, what: "ingest with roll-ups, drained, rows/s", figure: (rows * 1000) / (ingestMs + foldMs) },
      { store: name, what: "of which roll-ups, ms a batch", figure: foldMs / (ROUNDS * BATCHES) },
      { store: name, what: "ingest alone, ms a batch", figure: ingestMs / (ROUNDS * BATCHES) },
      { store: name, what: "plain, ms a batch", figure: plainMs / (ROUNDS * BATCHES) },
      { store: name, what: "ratio", figure: ratio },
      ...disk,
    ],
  };
}

/**
 * Batches as devices send them, from the parsed body to what the last of them is in the roll-ups, beside plain multi-row inserts of
 * the same minutes, events and answers into the same tables of a second store. Rounds of both alternate. `embedded` or
 * `postgres` as an argument measures that store alone.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-bench-"));
  const folder = openKeyFolder({ dir: join(dataDir, "keys"), secret: "a benchmark's passphrase", clock: systemClock });
  const trust = createTrust({ dataDir, clock: systemClock, logger, signer: createFileSigner(folder), roots: null });
  const ctx = { clock: systemClock, ids: randomIds, logger, ...trust };
  let folders = 0;
  const pglite = async () => {
    folders += 1;
    const location = { kind: "pglite" as const, dataDir: join(dataDir, `store-${folders}`) };
    return (await openStore({ location, clock: systemClock, logger })).store;
  };
  const postgres = async () => {
    const url = await (await postgresServer()).createDatabase();
    return (await openStore({ location: { kind: "postgres", url }, clock: systemClock, logger })).store;
  };
  try {
    const measured = [];
    for (const [name, open] of [
      ["embedded", pglite],
      ["postgres", postgres],
    ] as const) {
      if (args.length === 0 || args.includes(name)) measured.push(await measure(name, open, ctx));
    }
    return {
      bench: "ingest",
      unit: "as named",
      results: measured.flatMap(({ results }) => results),
      target: `roll-ups included, at least ${TARGET} of plain multi-row inserts of the same rows, on both stores`,
      ok: measured.every(({ ratio }) => ratio >= TARGET),
    };
  } finally {
    await stopPostgresServer();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
