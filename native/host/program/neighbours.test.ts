import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createHostTurns } from "../bridge/host-turns";
import { createEgress } from "../egress/perform-request";
import { systemTimers } from "../runtime/system-ports";
import { startTestProgram, type TestProgram, type TestProgramOptions } from "./testing/program-bench";

const running: TestProgram[] = [];
let storageDir: string | undefined;

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ program }) => program.stop("stopped")));
  if (storageDir !== undefined) await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

const CALLS = 12;
const GOOD = `
  let refused = 0;
  for (let call = 0; call < ${CALLS}; call += 1) {
    await bulkhead.storage.local.set("k", call).catch(() => { refused += 1; });
    await bulkhead.network.request({ url: "https://api.allowed.test/" }).catch(() => { refused += 1; });
    await new Promise((go) => setTimeout(go, 40));
  }
  console.log("good", refused, await bulkhead.storage.local.get("k"));`;

const ABUSERS = {
  calls: `setInterval(() => { for (let call = 0; call < 200; call += 1) bulkhead.call("device.info", {}).catch(() => {}); }, 4);`,
  values: `const items = Array.from({ length: 40000 }, (_, at) => ({ ["k" + at]: at }));
    for (;;) await bulkhead.storage.local.set("big", items).catch(() => {});`,
  names: `let name = 0; setInterval(() => { for (let call = 0; call < 50; call += 1) bulkhead.call("made.up." + name++, {}).catch(() => {}); }, 20);`,
  lines: `setInterval(() => { for (let line = 0; line < 200; line += 1) console.log("x".repeat(1000)); }, 10);`,
  unread: `await bulkhead.storage.local.set("big", "x".repeat(900 * 1024)).catch(() => {});
    for (;;) {
      for (let call = 0; call < 100; call += 1) bulkhead.storage.local.get("big").catch(() => {});
      const until = Date.now() + 2000; while (Date.now() < until);
      await new Promise((go) => setTimeout(go, 1));
    }`,
  stalls: `setInterval(() => { for (let call = 0; call < 20; call += 1) bulkhead.network.request({ url: "https://api.allowed.test/" }).catch(() => {}); }, 100);`,
};

it("a good program has all its calls answered among storms of calls, values, names, lines, unread answers and stalled names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bulkhead-neighbours-"));
  storageDir = folder;
  const turns = createHostTurns({ monotonicMs: () => performance.now(), timers: systemTimers, later: setImmediate });
  const start = async (user: string, source: string, more: TestProgramOptions = {}) => {
    const program = await startTestProgram(source, { storageDir: folder, user, turns, ...more });
    running.push(program);
    return program;
  };
  const stalled = createEgress({
    resolve: () => new Promise(() => undefined),
    isPublicAddress: () => true,
    findDevelopmentHost: () => undefined,
    telemetry: { addToMinute: () => undefined, recordEvent: () => undefined },
    policyNow: () => 1_800_000_000,
  });
  const abusers = await Promise.all(
    Object.entries(ABUSERS).map(([name, source]) => start(name, source, name === "stalls" ? { egress: stalled } : {})),
  );
  const good = await start("good", GOOD);
  expect(await good.line("good")).toBe(`good 0 ${CALLS - 1}`);
  expect(good.recorded.events).toEqual([]);
  // none of them broke anything: each is still there, or a limit of its own has ended it
  for (const { program } of abusers) {
    const end = await Promise.race([program.ended, undefined]);
    expect(end?.reason ?? "running").toMatch(/^(?:running|limit)$/);
  }
}, 300_000);
