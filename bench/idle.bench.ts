import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createHostTurns } from "../native/host/bridge/host-turns";
import { missingLayers } from "../native/host/confinement/confinement-layers";
import { probeConfinement } from "../native/host/confinement/probe-confinement";
import { startTestProgram, type TestProgram } from "../native/host/program/testing/program-bench";
import { systemTimers } from "../native/host/runtime/system-ports";
import type { BenchResult } from "./bench-report";

const PROGRAMS = 30;
const SECONDS = 40;
const MS_PER_SECOND_MAX = 50;

/**
 * What programs that do nothing cost their host: processor time of this process a second, with so many of them running.
 * `npm run bench -- idle [programs] [seconds]`.
 */
export async function run([
  programs = String(PROGRAMS),
  seconds = String(SECONDS),
]: readonly string[]): Promise<BenchResult> {
  const target = `100 idle programs cost the host at most ${MS_PER_SECOND_MAX} ms a second`;
  const confinement = await probeConfinement();
  const missing = missingLayers(confinement.layers, []);
  if (missing.length > 0) {
    const results = missing.map((name) => ({ idle: "not measured", missing: name }));
    return { bench: "idle", unit: "ms/s", results, target, ok: false };
  }
  const turns = createHostTurns({ monotonicMs: () => performance.now(), timers: systemTimers, later: setImmediate });
  const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-bench-idle-"));
  const running: TestProgram[] = [];
  const busyMs = async (): Promise<number> => {
    const from = performance.now();
    const before = process.cpuUsage();
    await pause(Number(seconds) * 1000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (performance.now() - from);
  };
  try {
    const none = await busyMs();
    for (let program = 0; program < Number(programs); program += 1) {
      const user = `user-${program}`;
      running.push(
        await startTestProgram(`console.log("up");`, {
          ...{ confinement, storageDir, user, turns },
          telemetry: { addToMinute: () => undefined, recordEvent: () => undefined },
        }),
      );
    }
    await pause(2_000);
    const all = await busyMs();
    const each = (all - none) / running.length;
    const row = (idle: string, msPerSecond: number) => ({ idle, msPerSecond });
    const results = [
      row("no program", none),
      row(`${running.length} programs`, all),
      row("each", each),
      row("of 100", 100 * each),
    ];
    return { bench: "idle", unit: "ms/s", results, target, ok: 100 * each <= MS_PER_SECOND_MAX };
  } finally {
    await Promise.all(running.map(({ program }) => program.stop("stopped")));
    await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
