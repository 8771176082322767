import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createFrameReader, encodeFrame, FROM_HOST, FROM_PROGRAM, uint32 } from "../native/host/bridge/frame-codec";
import { builtFiles } from "../native/host/build/built-files";
import { missingLayers } from "../native/host/confinement/confinement-layers";
import { type ConfinedProcess, launchConfined } from "../native/host/confinement/launch-confined";
import { type Confinement, probeConfinement } from "../native/host/confinement/probe-confinement";
import { createMinuteCounter } from "../native/host/device/minute-counter";
import type { EngineCommand } from "../native/host/engines/engine";
import { NODE_FILES, nodeCommand } from "../native/host/engines/node-command";
import { scriptEngine } from "../native/host/engines/script/script-engine";
import type { EgressResult } from "../native/host/ports";
import { readDeviceProfile } from "../native/host/program/device-profile";
import { policyOf, startTestProgram } from "../native/host/program/testing/program-bench";
import type { BenchResult } from "./bench-report";
import { percentile } from "./figures";

const ROUNDS = 60;
const CALLS_A_ROUND = 100;
const WARM_UP = 10;
const RATIO_MAX = 1.5;
/** What a program saves up of the host's thread meanwhile: its rounds are no storm. */
const REST_MS = 60;
const PIPE = "bench-pipe.mjs";
const ORIGIN = "https://api.allowed.test/";
const SOURCE = `
  for (;;) {
    await bulkhead.network.request({ url: "${ORIGIN}" });
    for (let call = 0; call <= ${CALLS_A_ROUND}; call += 1) await bulkhead.device.info();
  }`;

/** One that calls in rounds, when it is asked to: microseconds from one call to the next, as the host sees them. */
type Caller = { round(): Promise<number[]>; stop(): Promise<void> };

/** Notes when calls came, until the round is full; the first one only begins it. */
function createClock() {
  let atMs: number[] = [];
  let full: (times: number[]) => void = () => undefined;
  return {
    /** True where the round is full with this call. */
    call(): boolean {
      atMs.push(performance.now());
      if (atMs.length <= CALLS_A_ROUND) return false;
      const times = atMs.slice(1).map((at, index) => (at - (atMs[index] ?? Number.NaN)) * 1000);
      atMs = [];
      full(times);
      return true;
    },
    whenFull: () =>
      new Promise<number[]>((resolve) => {
        full = resolve;
      }),
  };
}

/** Whoever calls at the other end of this process's channel is answered at once with what a program is answered. */
async function answeredAtOnce({ channel, kill, exited }: ConfinedProcess): Promise<Caller> {
  const text = JSON.stringify(readDeviceProfile({ kind: "linux", version: "0.1.0" }));
  const clock = createClock();
  const reader = createFrameReader();
  let waiting = 0;
  const answer = (id: number): void => {
    channel.write(encodeFrame(FROM_HOST.reply, uint32(id), Uint8Array.of(1), text));
  };
  const invited = new Promise<void>((resolve, reject) => {
    channel.on("data", (bytes: Buffer) => {
      reader.add(bytes);
      for (let frame = reader.next(); typeof frame === "object"; frame = reader.next()) {
        if (frame.kind !== FROM_PROGRAM.call) continue;
        const { buffer, byteOffset } = frame.payload;
        const id = new DataView(buffer, byteOffset).getUint32(0);
        if (waiting === 0) {
          waiting = id;
          resolve();
        } else if (clock.call()) waiting = id;
        else answer(id);
      }
    });
    channel.on("error", reject);
  });
  await invited;
  return {
    round() {
      const round = clock.whenFull();
      answer(waiting);
      return round;
    },
    async stop() {
      kill();
      await exited;
    },
  };
}

async function launched(confinement: Confinement, command: EngineCommand): Promise<ConfinedProcess> {
  const { tools, mode } = confinement;
  const result = await launchConfined({ tools, mode, command, needs: scriptEngine.needs });
  if (!result.ok) throw new Error(result.reason);
  return result.process;
}

/** A Node in the engine's confinement with the engine's frames. */
async function barePipe(confinement: Confinement): Promise<Caller> {
  const files = await builtFiles({
    scripts: { [PIPE]: "../../bench/bridge/bare-pipe.ts" },
    copies: NODE_FILES,
    watched: ["../../bench/bridge", "bridge"],
  });
  return answeredAtOnce(await launched(confinement, nodeCommand(files, PIPE)));
}

/** A program in its engine, and nobody who decides at the other end: what the engine's part of a call is. */
async function engineAlone(confinement: Confinement): Promise<Caller> {
  const process = await launched(confinement, await scriptEngine.command());
  const options = { memoryPagesMax: 2048, turnCpuMsMax: 5_000, turnWallMsMax: 30_000 };
  process.channel.write(encodeFrame(FROM_HOST.source, "for (;;) await bulkhead.device.info();"));
  process.channel.write(encodeFrame(FROM_HOST.run, JSON.stringify(options)));
  return answeredAtOnce(process);
}

/** A program of the script engine under the whole host; it waits for a request's answer between two rounds. */
async function program(confinement: Confinement, storageDir: string): Promise<Caller> {
  const plenty = { max: 1_000_000, action: "warn" } as const;
  const limits = { bridgeCallsPerSecond: plenty, requestsPerMinute: plenty, cpuMsPerMinute: plenty };
  const policy = policyOf({ program: { limits } });
  const minutes = createMinuteCounter(() => policy.policy);
  const clock = createClock();
  let go: (() => void) | undefined;
  let wait: () => void = () => undefined;
  const standing = new Promise<void>((resolve) => {
    wait = resolve;
  });
  const answered = (url: string): EgressResult => ({
    ...{ outcome: "response", url, status: 200, headers: {} },
    body: new Uint8Array(),
  });
  const { program: running } = await startTestProgram(SOURCE, {
    ...{ confinement, policy, storageDir },
    telemetry: {
      addToMinute(of, increment) {
        minutes.add(of, increment);
        if (increment.apis?.["device.info"]?.allowed === 1) clock.call();
      },
      recordEvent: () => undefined,
    },
    answer: ({ url }) =>
      new Promise((resolve) => {
        go = () => resolve(answered(url));
        wait();
      }),
  });
  await standing;
  return {
    round() {
      const round = clock.whenFull();
      go?.();
      return round;
    },
    stop: () => running.stop("stopped"),
  };
}

const row = (bridge: string, values: readonly number[]) => ({
  bridge,
  calls: values.length,
  p50: percentile(values, 0.5),
  p95: percentile(values, 0.95),
});

/** A call of a program to its host and back, the next one begun, beside a bare pipe; in rounds by turns. */
export async function run(): Promise<BenchResult> {
  const confinement = await probeConfinement();
  const missing = missingLayers(confinement.layers, []);
  const target = `p50 of a program's call at most ${RATIO_MAX} times a bare pipe's in the same confinement`;
  if (missing.length > 0) {
    const results = missing.map((name) => ({ bridge: "not measured", missing: name }));
    return { bench: "bridge", unit: "µs", results, target, ok: false };
  }
  const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-bench-bridge-"));
  const callers: Caller[] = [];
  const bareUs: number[] = [];
  const engineUs: number[] = [];
  const programUs: number[] = [];
  try {
    const bare = await barePipe(confinement);
    callers.push(bare);
    const engine = await engineAlone(confinement);
    callers.push(engine);
    const whole = await program(confinement, storageDir);
    callers.push(whole);
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const all = [await bare.round(), await engine.round(), await whole.round()] as const;
      await pause(REST_MS);
      if (round < 0) continue;
      bareUs.push(...all[0]);
      engineUs.push(...all[1]);
      programUs.push(...all[2]);
    }
  } finally {
    await Promise.all(callers.map(({ stop }) => stop()));
    await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
  const ratio = percentile(programUs, 0.5) / percentile(bareUs, 0.5);
  const results = [
    row("bare pipe", bareUs),
    row("program, answered at once", engineUs),
    row("program, under its host", programUs),
    { bridge: "ratio", calls: programUs.length, p50: ratio },
  ];
  return { bench: "bridge", unit: "µs", results, target, ok: ratio <= RATIO_MAX };
}
