import { setMaxListeners } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import type { ApiDecision } from "../../core/decide/decide-api";
import { type CapabilityCall, CapabilityFailure } from "../api/providers";
import { createManualTime, settle } from "../sync/testing/manual-time";
import { providedHandler } from "./provided-handler";

const API = "location.coarse";
const HERE = { latitude: 52.5, longitude: 13.4, accuracyMetres: 900 };

let logged: string[];
beforeEach(() => {
  logged = [];
});

function handlerOf(carryOut: (call: CapabilityCall) => unknown) {
  const time = createManualTime(0);
  const { apis } = providedHandler(
    { capability: API, apis: { [API]: carryOut as () => Promise<Record<string, unknown>> } },
    {
      ...{ appId: "com.example.a", versionCode: 3, limitMs: 1_000, timers: time.timers },
      log: (_level, event, fields = {}) => logged.push(`${event} ${String(fields.why)}`),
    },
  );
  const ending = new AbortController();
  // as a session does, in which as many listen as there are calls under way
  setMaxListeners(0, ending.signal);
  const call = () => {
    const handler = apis[API];
    if (handler === undefined) throw new Error("there is no handler");
    const decision: ApiDecision = { decision: "allow", code: "ALLOWED", layer: "grant", rule: null };
    return handler({
      ...{ params: { precisionMetres: 1000 }, decision, signal: ending.signal },
      ...{ bytesOf: () => undefined, afterAnswer: () => undefined },
    });
  };
  return { call, time, ending };
}

describe("a capability that whoever embeds the host carries out", () => {
  it("is told who asks for what, and answers with a copy", async () => {
    const calls: CapabilityCall[] = [];
    const { call } = handlerOf(async (asked) => {
      calls.push(asked);
      return { ...HERE, at: undefined };
    });
    expect(await call()).toEqual({ outcome: "value", value: HERE });
    expect(calls[0]).toMatchObject({
      ...{ appId: "com.example.a", versionCode: 3, api: API },
      params: { precisionMetres: 1000 },
    });
  });

  it("says what a program may hear, in bounds, and of any other error nothing", async () => {
    const told = await handlerOf(() => raise(new CapabilityFailure(`${"x".repeat(199)}😀`))).call();
    expect(told).toEqual({ outcome: "failed", reason: "x".repeat(199) });
    const secret = await handlerOf(() => Promise.reject(new Error("password hunter2"))).call();
    expect(JSON.stringify(secret)).not.toContain("hunter2");
    expect(logged).toEqual(["capability_failed threw"]);
  });

  it("has so long for an answer, is told that nobody waits any more, and may be late", async () => {
    let signal: AbortSignal | undefined;
    const { call, time } = handlerOf((asked) => {
      signal = asked.signal;
      return new Promise(() => undefined);
    });
    const answer = call();
    await time.pass(1_000);
    expect(await answer).toMatchObject({ outcome: "failed" });
    expect([signal?.aborted, time.pending, ...logged]).toEqual([true, 0, "capability_failed timed_out"]);
  });

  it("that never ends keeps no more calls than a few, and is called again when they are over", async () => {
    const open: ((answer: object) => void)[] = [];
    const { call, time } = handlerOf(() => new Promise((resolve) => open.push(resolve)));
    const answers = Array.from({ length: 20 }, call);
    await time.pass(1_000);
    await Promise.all(answers);
    expect(open.length).toBe(16);
    expect(await call()).toEqual({ outcome: "failed", reason: "the device is busy" });
    for (const end of open) end(HERE);
    await settle();
    void call();
    await settle();
    expect(open.length).toBe(17);
  });

  it("is called off with the program", async () => {
    const { call, ending, time } = handlerOf(() => new Promise(() => undefined));
    const answer = call();
    await settle();
    ending.abort();
    expect(await answer).toMatchObject({ outcome: "failed" });
    expect([time.pending, logged]).toEqual([0, []]);
  });

  const round: Record<string, unknown> = {};
  round.latitude = round;
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
  it.each([
    ["no object", 7, "no_object"],
    ["a list", [HERE], "no_object"],
    ["nothing", undefined, "no_object"],
    ["a thing of a class", new Map(), "no_object"],
    ["a member that the API does not name", { ...HERE, appId: "com.example.b" }, "unknown_member"],
    ["a function", { latitude: () => 1 }, "no_json"],
    ["a number that JSON lacks", { latitude: Number.NaN }, "no_json"],
    ["a whole number that JSON lacks", { latitude: 1n }, "no_json"],
    ["bytes", { latitude: new Uint8Array(4) }, "no_json"],
    [
      "a member that throws",
      Object.defineProperty({}, "latitude", { enumerable: true, get: () => raise(1) }),
      "no_json",
    ],
    ["itself", round, "too_deep"],
    ["more levels than it may have", { latitude: deep(20) }, "too_deep"],
    ["a text without end", { latitude: "x".repeat(1_000_000) }, "too_large"],
    ["a list without end", { latitude: Array(1e8) }, "too_large"],
    ["many members", { latitude: Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [i, i])) }, "too_large"],
  ])("and answers %s has answered nothing", async (_what, answer, fault) => {
    expect(await handlerOf(() => answer).call()).toEqual({
      outcome: "failed",
      reason: "the device gave no answer that can be handed on",
    });
    expect(logged).toEqual([`capability_failed ${fault}`]);
  });
});

function raise(error: unknown): never {
  throw error;
}
