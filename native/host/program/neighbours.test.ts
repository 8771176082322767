import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createHostTurns } from "../bridge/host-turns";
import { requireConfinement } from "../confinement/require-confinement";
import { createEgress } from "../egress/perform-request";
import { systemTimers } from "../runtime/system-ports";
import { evilEngine } from "./testing/evil-engine";
import { startTestProgram, type TestProgram, type TestProgramOptions } from "./testing/program-bench";

const { available } = await requireConfinement("programs beside each other");
const running: TestProgram[] = [];
let storageDir: string | undefined;

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ program }) => program.stop("stopped")));
  if (storageDir !== undefined) await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

/** What starts programs of one host, each for a user of its own. */
async function openHost() {
  const folder = await mkdtemp(join(tmpdir(), "bulkhead-neighbours-"));
  storageDir = folder;
  const turns = createHostTurns({ monotonicMs: () => performance.now(), timers: systemTimers, later: setImmediate });
  return async (user: string, source: string, more: TestProgramOptions = {}) => {
    const program = await startTestProgram(source, { storageDir: folder, user, turns, ...more });
    running.push(program);
    return program;
  };
}

const CALLS = 40;
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

it.runIf(available)(
  "a good program has all its calls answered among storms of calls, values, names, lines, unread answers and stalled names",
  async () => {
    const start = await openHost();
    const stalled = createEgress({
      resolve: () => new Promise(() => undefined),
      isPublicAddress: () => true,
      findDevelopmentHost: () => undefined,
      telemetry: { addToMinute: () => undefined, recordEvent: () => undefined },
      policyNow: () => 1_800_000_000,
    });
    const abusers = await Promise.all(
      Object.entries(ABUSERS).map(([name, source]) =>
        start(name, source, name === "stalls" ? { egress: stalled } : {}),
      ),
    );
    const good = await start("good", GOOD);
    expect(await good.line("good")).toBe(`good 0 ${CALLS - 1}`);
    expect(good.recorded.events).toEqual([]);
    // none of them broke anything: each is still there, or a limit of its own has ended it
    for (const { program } of abusers) {
      const end = await Promise.race([program.ended, undefined]);
      expect(end?.reason ?? "running").toMatch(/^(?:running|limit)$/);
    }
  },
  120_000,
);

/** What each says over and over, and what that violates; nothing where its own share is all that it can use up. */
const BROKEN: Readonly<Record<string, string | null>> = {
  ready: "repeated_ready",
  dropped: "loss_without_message",
  lines: "loss_without_message",
  body: "body_too_long",
  number: "number_in_use",
  raw: "malformed_frame",
  unknown: "malformed_frame",
  calls: null,
  asks: null,
  console: null,
  long: null,
};

it.runIf(available)(
  "a good program has all its calls answered beside engines that were taken over, each of which ends with what it violated",
  async () => {
    const start = await openHost();
    const good = await start("good", GOOD);
    const evil = await Promise.all(
      Object.entries(BROKEN).map(async ([way, violation]) => ({
        violation,
        ...(await start(way, "", { engine: evilEngine(way) })),
      })),
    );
    for (const { violation, program, recorded, sum } of evil) {
      if (violation === null) continue;
      expect(await program.ended).toEqual({
        reason: "crashed",
        says: `its engine broke the protocol: ${violation}`,
        detail: { cause: "protocol_violation", violation },
      });
      expect(recorded.events).toContainEqual(
        expect.objectContaining({
          type: "killed",
          detail: { reason: "crashed", cause: "protocol_violation", violation },
        }),
      );
      expect(sum("crashes")).toBe(0);
    }
    expect(await good.line("good")).toBe(`good 0 ${CALLS - 1}`);
    expect(good.recorded.events).toEqual([]);
    const others = evil.filter(({ violation }) => violation === null);
    const ends = await Promise.all(others.map(({ program }) => Promise.race([program.ended, undefined])));
    for (const end of ends) expect(end?.reason ?? "running").toMatch(/^(?:running|limit)$/);
  },
  120_000,
);
