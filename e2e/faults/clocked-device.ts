import table from "@/native/catalog/public-suffixes.json" with { type: "json" };
import { readPublicSuffixes } from "@/native/core/decide/public-suffixes";
import type { Effect, Narrowed } from "@/native/core/device/effects";
import type { DeviceInput, RequestEnd } from "@/native/core/device/inputs";
import { openState } from "@/native/core/device/state";
import { createDevice } from "@/native/core/device/step";
import { nodeCrypto } from "@/native/node/crypto";
import type { ConsoleSession } from "../../scripts/client/console-session";

/** What became of a platform document: newer and taken, held already, newer but over, or no. */
export type Receipt = "accepted" | "unchanged" | "expired" | "refused";

/** The pure device that a real one runs, with a wall clock that a test sets; it fetches what everybody may. */
export type ClockedDevice = {
  /** How far its clock is from the right time, in seconds. */
  clock: { aheadSeconds: number };
  /** Looks at keyset and platform document, and applies what it took. */
  pull(): Promise<Receipt>;
  /** The same for a platform document from anywhere else. */
  receive(jws: string): Promise<Receipt>;
  /** The programs that it stops. */
  stopped(): string[];
  /** Stores the mark of time, as a device does each minute. */
  storeMark(): Promise<void>;
};

type Happening = DeviceInput extends infer I ? (I extends DeviceInput ? Omit<I, "wall" | "mono"> : never) : never;
type Fetch = Extract<Effect, { e: "fetch" }>;

export async function clockedDevice(baseUrl: () => string, operator: ConsoleSession): Promise<ClockedDevice> {
  const { file } = await operator.post<{
    file: { platform: string; rootThumbprints: string[]; threshold: number };
  }>("enrolments", { deviceName: "clocked" });
  const { platform, rootThumbprints, threshold } = file;
  const clock = { aheadSeconds: 0 };
  const device = createDevice({ crypto: nodeCrypto, publicSuffixes: readPublicSuffixes(table) });
  const state = openState();
  const startedAtMs = performance.now();
  let narrowed: Narrowed = { suspended: [], blockedHosts: [], stopped: [] };

  /** One step, on a disk that stores at once; what it asks for comes back. */
  function happen(happening: Happening): Fetch[] {
    const wall = Date.now() + clock.aheadSeconds * 1000;
    const mono = Math.floor(performance.now() - startedAtMs);
    const { effects } = device.step(state, { ...happening, wall, mono } as DeviceInput);
    const fetches: Fetch[] = [];
    for (const effect of effects) {
      if (effect.e === "narrow") narrowed = effect;
      if (effect.e === "fetch") fetches.push(effect);
      if (effect.e === "store") fetches.push(...happen({ t: "stored", write: effect.write }));
    }
    return fetches;
  }

  async function answer(fetched: Fetch): Promise<RequestEnd> {
    if (fetched.what === "program" || fetched.what === "held") return { failed: "unreachable" };
    const path =
      fetched.what === "keyset" && fetched.revision !== undefined ? `keyset/${fetched.revision}` : fetched.what;
    const got = await fetch(`${baseUrl()}/api/runtime/v1/${path}`);
    if (got.status === 404) return { missing: true };
    if (got.status !== 200) throw new Error(`${path} was answered with ${got.status}`);
    return { body: Buffer.from(await got.arrayBuffer()).toString("base64") };
  }

  /** Answers what is asked for until nothing is; `given` stands for the first platform document. */
  async function serve(asked: Fetch[], given?: string): Promise<Receipt> {
    const before = structuredClone(state.trust.platform);
    const refusals = state.trust.refusals.length;
    let left = given;
    for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
      const isGiven = next.what === "platform" && left !== undefined;
      const end = isGiven ? { body: Buffer.from(left ?? "").toString("base64") } : await answer(next);
      if (isGiven) left = undefined;
      asked.push(...happen({ t: "fetched", fetch: next.fetch, ...end }));
    }
    const after = state.trust.platform;
    if (after?.good?.sha256 !== before?.good?.sha256) return "accepted";
    if (after?.floor.sha256 !== before?.floor.sha256) return "expired";
    return state.trust.refusals.length > refusals ? "refused" : "unchanged";
  }

  const runtime = { kind: "linux" as const, version: "0.1.0", layers: [] };
  const enrolment = { platform, rootThumbprints, threshold };
  const first = happen({ t: "start", seed: "0".repeat(32), enrolment, runtime, programs: [] });
  return {
    clock,
    pull: () => serve([...first.splice(0), ...happen({ t: "timer", timer: "poll" })]),
    receive(jws) {
      const far = Number.MAX_SAFE_INTEGER;
      const revision = { document: "platform" as const, epoch: far, revision: far };
      return serve(happen({ t: "stream", revision }), jws);
    },
    stopped: () => narrowed.suspended,
    async storeMark() {
      happen({ t: "timer", timer: "mark" });
    },
  };
}
