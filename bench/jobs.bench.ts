import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { platform, signInFailures, telemetryMinutes } from "../db/schema";
import type { StoreFigures } from "../db/store";
import { insertRows } from "../db/write-rows";
import type { Actor } from "../lib/domain/roles";
import { systemClock } from "../lib/platform/clock";
import { housekeepingJobs } from "../lib/server/housekeeping";
import { narrowAtOnce } from "../lib/services/change-sets/narrow";
import { createIngest } from "../lib/sync/telemetry/create-ingest";
import { foldTelemetry } from "../lib/sync/telemetry/tend-telemetry";
import { BATCH_BOUNDS } from "../native/core/telemetry/batch";
import type { BenchResult } from "./bench-report";
import { type BatchShape, deviceBatch } from "./ingest/device-batches";
import { READS } from "./read/reads";
import { type BenchContext, openBenchContext } from "./seed/open-bench-context";
import { AT_SIZE, countSeeded, seedAtSize, seededApp, seededDevice, seedMinutes } from "./seed/seed-at-size";

const TARGET_MS = 100;
/** Of all devices, that wait when folding begins: more than a few calls of it take. */
const MINUTES_WAITING = 6;
const OLD_TRIES = 5_000;
/** Devices that send at the same moment. */
const AT_ONCE = 32;

const PERSON: Actor = {
  ...{ kind: "person", personId: "per_seed0", name: "Person 0", email: "seed0@bench.example", role: "security" },
  ...{ publisherId: null, sessionId: "ses_bench" },
};

const PROGRAMS = [0, 1, 2].map(seededApp);
const AS_SENT: BatchShape = { programs: PROGRAMS, minutes: 5, hosts: 20, causes: 10, events: 20 };
/** Batches of nearly as many bytes as one may have: of many minutes, of long lists, and of events. */
const LARGEST: Record<string, BatchShape> = {
  "many minutes": { programs: PROGRAMS, minutes: 80, hosts: 20, causes: 8, events: 0 },
  "long lists": { programs: PROGRAMS, minutes: 3, hosts: 800, causes: 50, events: 0 },
  events: { programs: PROGRAMS, minutes: 1, hosts: 20, causes: 10, events: 500 },
};

const nowSeconds = () => Math.floor(systemClock.nowMs() / 1000);

type Kind = StoreFigures["jobs"][number];
const isOfJournal = ({ kind }: Kind): boolean => kind === "insert journal_records" || kind === "checkpoint";

/**
 * Seeds a store, in this thread: the store's own ends a statement that takes more than five seconds. Answers with what its journal took, which
 * is long after that and begins again as while a server runs.
 */
async function prepare(dataDir: string): Promise<Kind[]> {
  const bench = await openBenchContext({ dataDir });
  const { store } = bench.context;
  try {
    const [seeded] = await store.db.select({ at: platform.setUpAt }).from(platform);
    if ((await countSeeded(store)).change_sets === 0) await seedAtSize(store, AT_SIZE, seeded?.at?.getTime() ?? 0);
    await untilDone(() => store.tendJournal());
    const ofJournal = (await store.figures()).jobs.filter(isOfJournal);
    await seedMinutes(store, AT_SIZE, systemClock.nowMs() - 10 * 60_000, MINUTES_WAITING);
    // As a server does every ten seconds while they come.
    await store.db.execute(sql`vacuum ${telemetryMinutes}`);
    const at = new Date(systemClock.nowMs() - 20 * 60_000);
    const tries = Array.from({ length: OLD_TRIES }, (_, n) => ({ id: `evt_try${n}`, key: `address:${n % 50}`, at }));
    await store.transaction(({ db }) => insertRows(db, signInFailures, tries, sql`on conflict do nothing`));
    process.stderr.write(`${JSON.stringify(await countSeeded(store))}\n`);
    return ofJournal;
  } finally {
    await bench.close();
  }
}

async function untilDone(run: () => Promise<unknown>): Promise<void> {
  while ((await run()) === true);
}

type Step = { name: string; run(): Promise<unknown> };

/** All that a server does by itself, one decision that narrows, each read of the console, and what devices tell. */
function stepsOf({ context }: BenchContext, dataDir: string, seededMs: number): Step[] {
  const { store } = context;
  const ingest = createIngest(store, context);
  const send = (nth: number, shape?: BatchShape) => {
    const batch = deviceBatch(nth, nowSeconds(), shape ?? AS_SENT);
    const body = Buffer.from(JSON.stringify(batch));
    if (body.length > BATCH_BOUNDS.bytes) throw new Error(`a batch of ${body.length} bytes`);
    return ingest.take(seededDevice(nth), batch, body);
  };
  const reader = { ...PERSON, role: "operator" } as const;
  const of = { ...context, clock: { nowMs: () => seededMs } };
  mkdirSync(join(dataDir, "inbox"), { recursive: true });
  const jobs = housekeepingJobs(context, join(dataDir, "inbox"));
  return [
    // The first of a kind tells how long it is where nothing is warm, and is longest by that.
    ...Object.entries(LARGEST).flatMap(([name, shape], nth) =>
      ["first", "later"].map((which, later) => ({
        name: `${which} 1 MiB of ${name}`,
        run: () => send(nth + later * 10, shape),
      })),
    ),
    {
      name: `batches of ${AT_ONCE} devices at once`,
      run: () => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => send(100 + n))),
    },
    { name: "folding amid a backlog", run: () => foldTelemetry(store, context) },
    ...jobs.map(({ name, run }) => ({ name, run: () => untilDone(run) })),
    {
      name: "a block",
      run: () => {
        const changes = [{ member: "platform/blocked-host:blocked.bench.example", after: true }];
        return narrowAtOnce(context, PERSON, { changes, reason: "A bench." });
      },
    },
    ...Object.entries(READS).map(([name, ask]) => ({ name, run: () => ask(of, reader) })),
  ];
}

/**
 * What holds the embedded database longest of all that a server does: statements, and transactions as a whole, by kind, and in which step.
 * `--data DIR` keeps the store there and finds it there; its journal then begins again in the first run alone. `--steps WORD` takes the
 * steps alone whose name has it.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const argument = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const kept = argument("--data");
  const wanted = argument("--steps") ?? "";
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), "bulkhead-jobs-"));
  try {
    const ofJournal = await prepare(dataDir);
    const bench = await openBenchContext({ dataDir, isInWorker: true });
    const { store } = bench.context;
    try {
      const [seeded] = await store.db.select({ at: platform.setUpAt }).from(platform);
      const longest = new Map<string, { turns: number; longestMs: number; during: string }>(
        ofJournal.map(({ kind, ...of }) => [kind, { ...of, during: "the journal begins again" }]),
      );
      const look = async (during: string) => {
        for (const { kind, turns, longestMs } of (await store.figures()).jobs) {
          const known = longest.get(kind);
          const isLonger = known === undefined || longestMs > known.longestMs;
          longest.set(kind, { turns, longestMs, during: isLonger ? during : known.during });
        }
      };
      await look("opening");
      for (const { name, run } of stepsOf(bench, dataDir, seeded?.at?.getTime() ?? 0)) {
        if (!name.includes(wanted)) continue;
        const from = performance.now();
        await run();
        process.stderr.write(`${name}: ${Math.round(performance.now() - from)} ms\n`);
        await look(name);
      }
      const results = [...longest]
        .map(([kind, of]) => ({ kind, ...of, met: of.longestMs < TARGET_MS ? "met" : "NOT met" }))
        .sort((a, b) => b.longestMs - a.longestMs);
      return {
        ...{ bench: "jobs", unit: "ms", results, target: `nothing holds the embedded database for ${TARGET_MS} ms` },
        ok: results.every(({ longestMs }) => longestMs < TARGET_MS),
      };
    } finally {
      await bench.close();
    }
  } finally {
    if (kept === undefined) rmSync(dataDir, { recursive: true, force: true });
  }
}
