import type { Effect } from "@/native/core/device/effects";
import type { DeviceInput } from "@/native/core/device/inputs";
import { openState, writePart } from "@/native/core/device/state";
import { createDevice } from "@/native/core/device/step";
import { nodeCrypto } from "@/native/node/crypto";
import { NOW } from "@/native/vectors/cases/policy-claims";
import { APP, createKit } from "@/native/vectors/scenarios/kit";
import type { BenchResult } from "./bench-report";

const SUSPENDED = 1000;
const WAITING = 5000;
const STEPS = 5000;
/** What a call of a program may cost the thread that also hears of suspensions, and what any other step may. */
const CALL_US_MAX = 200;
const STEP_MS_MAX = 20;

type Happening = DeviceInput extends infer I ? (I extends DeviceInput ? Omit<I, "wall" | "mono"> : never) : never;

/**
 * What steps of a device cost, with a platform document of many suspensions and a queue that is full: those that come as
 * often as programs like, those in which all that is in force is worked out, and the text of the whole queue.
 */
export async function run(): Promise<BenchResult> {
  const { happen, queueText } = await syncedDevice();
  for (let made = 0; made < WAITING; made += 1) happen(denial(`call.${made}`));
  const rows = [
    { step: "count", us: cpuUs(STEPS, () => happen(count)) },
    { step: "event of a new cause", us: cpuUs(STEPS, (n) => happen(denial(`other.${n}`))) },
    { step: "event of a known cause", us: cpuUs(STEPS, () => happen(denial("other.1"))) },
    { step: "any other", us: cpuUs(200, () => happen({ t: "stored", write: Number.MAX_SAFE_INTEGER })) },
    { step: "(the queue as text)", us: cpuUs(20, queueText) },
  ];
  const calls = Math.max(...rows.slice(0, 3).map(({ us }) => us));
  const whole = (rows[3]?.us ?? Number.POSITIVE_INFINITY) / 1000;
  return {
    bench: "device",
    unit: "CPU µs a step",
    results: rows.map(({ step, us }) => ({ step, "CPU µs": Math.round(us * 10) / 10 })),
    target: `a count or an event within ${CALL_US_MAX} µs, any other step within ${STEP_MS_MAX} ms, with ${SUSPENDED} suspensions and ${WAITING} events waiting`,
    ok: calls <= CALL_US_MAX && whole <= STEP_MS_MAX,
  };
}

const count: Happening = { t: "count", appId: APP, versionCode: 12, increment: { requests: 1, bridgeCalls: 1 } };
function denial(api: string): Happening {
  return { t: "event", event: { type: "denied_api", appId: APP, versionCode: 12, api, code: "PERMISSION_DENIED" } };
}

function cpuUs(times: number, work: (n: number) => void): number {
  const before = process.cpuUsage();
  for (let n = 0; n < times; n += 1) work(n);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

/** A device with its documents in force, on a disk that stores at once. */
async function syncedDevice(): Promise<{ happen(happening: Happening): void; queueText(): void }> {
  const kit = await createKit();
  const { a, b, c } = kit.keys;
  const suspended = Array.from({ length: SUSPENDED }, (_, place) => `com.example.s${place}`);
  const text = { keyset: kit.keyset(1), platform: kit.platform(40, { suspended }).jws, program: kit.program(21).jws };
  const publicSuffixes = { coversSuffix: (name: string) => !name.includes(".") };
  const device = createDevice({ crypto: nodeCrypto, publicSuffixes });
  const state = openState();
  let mono = 0;

  function happen(happening: Happening): void {
    mono += 1;
    const { effects } = device.step(state, { ...happening, wall: NOW * 1000 + mono, mono } as DeviceInput);
    for (const effect of effects) answer(effect);
  }
  function answer(effect: Effect): void {
    if (effect.e === "store") happen({ t: "stored", write: effect.write });
    if (effect.e !== "fetch" || effect.what === "held") return;
    const isNext = effect.what === "keyset" && effect.revision !== undefined;
    const body = Buffer.from(text[effect.what]).toString("base64");
    happen({ t: "fetched", fetch: effect.fetch, ...(isNext ? { missing: true } : { body }) });
  }

  const enrolment = {
    platform: "super.test",
    rootThumbprints: [a, b, c].map(({ thumbprint }) => thumbprint),
    threshold: 2,
  };
  const runtime = { kind: "linux" as const, version: "1.0.0", layers: [] };
  happen({ t: "start", seed: "0".repeat(32), enrolment, runtime, programs: [APP] });
  if (device.view(state).platform === undefined) throw new Error("the documents were not applied");
  return { happen, queueText: () => JSON.stringify(writePart(state, "queue")) };
}
