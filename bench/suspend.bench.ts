import { parseArgs } from "node:util";
import { lift, suspend } from "../e2e/faults/decisions";
import type { BenchResult } from "./bench-report";
import { percentile, round } from "./figures";
import { APP_ID, APP_IDS, type BenchServer, openBenchServer } from "./load/bench-server";
import type { DevicesEvent, DevicesOrder, DevicesResult } from "./load/devices";
import { type LoadProcess, startLoad } from "./load/load-process";
import type { PeopleOrder, PeopleResult } from "./load/people";
import type { ProberOrder, ProberResult } from "./load/prober";
import type { PublisherOrder, PublisherResult } from "./load/publisher";

const STREAMS = 100;
const REPORTERS = 200;
const BROWSERS = 10;
const BUNDLE_MEGABYTES = 25;
const SUSPENSIONS = 20;
/** Over which the first batches are spread; then as the answers say. */
const REPORT_SECONDS = 20;
const PAUSE_MS = 500;
const TARGET = { appliedMs: 1_000, healthMs: 200 } as const;

type Fleet = LoadProcess<DevicesEvent, DevicesResult>;
type Row = Record<string, string | number>;

/** Resolves when every device of the fleet has taken the step with this revision of the platform or a later one. */
function reached(fleet: Fleet): (step: DevicesEvent["step"], revision: number) => Promise<number> {
  const seen: DevicesEvent[] = [];
  const waiting = new Set<() => void>();
  fleet.onEvent((event) => {
    seen.push(event);
    for (const look of waiting) look();
  });
  return (step, revision) =>
    new Promise((resolve) => {
      const look = () => {
        const found = seen.find((event) => event.step === step && event.revision >= revision);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found.atMs);
      };
      waiting.add(look);
      look();
    });
}

type When = ReturnType<typeof reached>;

/** Suspensions one after another: from the operator's call to the last connected device, by the same clock. */
async function suspendAll(server: BenchServer, when: When, count: number) {
  const rows: { verb: number; applied: number; told: number }[] = [];
  const { operator, security } = server.sessions;
  for (let n = 0; n < count; n += 1) {
    const from = Date.now();
    const { platform } = await suspend(operator, APP_ID);
    const verb = Date.now() - from;
    const applied = (await when("applied", platform.revision)) - from;
    const told = (await when("told", platform.revision)) - from;
    rows.push({ verb, applied, told });
    process.stderr.write(`suspension ${n + 1} of ${count}: ${applied} ms\n`);
    const lifted = await lift({ operator, security }, APP_ID);
    await when("told", lifted.platform.revision);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return rows;
}

async function measure(
  server: BenchServer,
  when: When,
  { name, count }: { name: string; count: number },
): Promise<Row> {
  const prober = startLoad<ProberOrder, never, ProberResult>("prober", { baseUrl: server.url });
  await prober.ready;
  const before = server.usage();
  const from = performance.now();
  const rows = await suspendAll(server, when, count);
  const seconds = (performance.now() - from) / 1000;
  const { result } = await prober.stop();
  const of = (key: keyof (typeof rows)[number], share: number) =>
    round(
      percentile(
        rows.map((row) => row[key]),
        share,
      ),
    );
  return {
    run: name,
    "committed p95": of("verb", 0.95),
    "applied on the last p50": of("applied", 0.5),
    p95: of("applied", 0.95),
    max: of("applied", 1),
    "told by the last p95": of("told", 0.95),
    "health p95": round(percentile(result.healthMs, 0.95)),
    "health max": round(Math.max(...result.healthMs)),
    "health failed": result.failed,
    "server CPU %": round((server.usage().cpuMs - before.cpuMs) / 10 / seconds),
  };
}

/**
 * A suspension while everybody else is busy: 100 devices hold streams, 200 post batches as devices send them, ten
 * browsers look at pages, one opens Versions again and again, and a publisher submits bundles of 25 MiB in a loop. Beside
 * it the same without them, in the same run. All load is in processes of its own; of the devices with streams one verifies
 * what it fetches, the others read how new it is. `--suspensions N` for another number.
 */
export async function run(args: readonly string[] = []): Promise<BenchResult> {
  const { values } = parseArgs({ args: [...args], options: { suspensions: { type: "string" } } });
  const count = Number(values.suspensions ?? SUSPENSIONS);
  const server = await openBenchServer(0, { BULKHEAD_SUBMISSION_QUOTA: "10000" });
  const loads: LoadProcess<never, unknown>[] = [];
  const start = <O extends object, R>(name: string, order: O) => {
    const load = startLoad<O, never, R>(name, order);
    loads.push(load);
    return load;
  };
  try {
    const { url: baseUrl } = server;
    const fleet = startLoad<DevicesOrder, DevicesEvent, DevicesResult>("devices", {
      ...{ baseUrl, appIds: [APP_ID] },
      files: await server.enrolments("listener", STREAMS),
      hasStreams: true,
      reportEverySeconds: null,
    });
    await fleet.ready;
    const when = reached(fleet);
    const calm = await measure(server, when, { name: "without load", count });
    const reporters = start<DevicesOrder, DevicesResult>("devices", {
      ...{ baseUrl, appIds: APP_IDS },
      files: await server.enrolments("reporter", REPORTERS),
      hasStreams: false,
      reportEverySeconds: REPORT_SECONDS,
    });
    await reporters.ready;
    const { name, value } = server.sessions.operator.cookie;
    const people = start<PeopleOrder, PeopleResult>("people", {
      ...{ baseUrl, appId: APP_ID },
      ...{ cookie: `${name}=${value}`, browsers: BROWSERS, everyMs: 2_000 },
    });
    const publisher = start<PublisherOrder, PublisherResult>("publisher", {
      ...{ baseUrl, ...server.publisher, megabytes: BUNDLE_MEGABYTES },
    });
    await Promise.all([people.ready, publisher.ready]);
    const loaded = await measure(server, when, { name: "under load", count });
    const results: Row[] = [calm, loaded];
    const [devices, browsers, tool] = await Promise.all([reporters.stop(), people.stop(), publisher.stop()]);
    results.push(
      {
        run: `${REPORTERS} reporters`,
        ...counts(devices.result.statuses),
        p95: round(percentile(devices.result.batchMs, 0.95)),
        "own CPU s": round(devices.cpuMs / 1000),
      },
      {
        run: `${BROWSERS} browsers, and Versions`,
        ...counts(browsers.result.statuses),
        p95: round(percentile([...browsers.result.pageMs, ...browsers.result.versionsMs], 0.95)),
        "own CPU s": round(browsers.cpuMs / 1000),
      },
      {
        run: `bundles of ${BUNDLE_MEGABYTES} MiB`,
        ...counts(tool.result.statuses),
        p95: round(percentile(tool.result.submitMs, 0.95)),
        "own CPU s": round(tool.cpuMs / 1000),
      },
    );
    const { cpuMs } = await fleet.stop();
    results.push({ run: `${STREAMS} streams`, "own CPU s": round(cpuMs / 1000) });
    const [applied, health] = [Number(loaded.p95), Number(loaded["health p95"])];
    const isMet = applied < TARGET.appliedMs && health < TARGET.healthMs && tool.result.statuses["201"] !== undefined;
    const isJudged = count >= SUSPENSIONS;
    return {
      bench: "suspend",
      unit: "ms",
      results,
      target: `${isJudged ? "" : `told for ${count} suspensions, judged from ${SUSPENSIONS} on: `}under load, p95 until the last of ${STREAMS} devices has applied under ${TARGET.appliedMs} ms (${applied}), health p95 under ${TARGET.healthMs} ms (${health}), bundles taken in`,
      ok: isJudged ? isMet : null,
    };
  } finally {
    for (const load of loads) load.kill();
    await server.stop();
    server.remove();
  }
}

/** Answers by status, as columns. */
function counts(statuses: Record<string, number>): Row {
  return Object.fromEntries(Object.entries(statuses).map(([status, count]) => [`answered ${status}`, count]));
}
