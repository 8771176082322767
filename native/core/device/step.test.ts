import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { queuedItems } from "../telemetry/queue-state";
import type { DeviceInput } from "./inputs";
import { openState, stateShape, writeState } from "./state";
import { createDevice, digestOf } from "./step";

const ports = { crypto: nodeCrypto, publicSuffixes: { coversSuffix: (name: string) => !name.includes(".") } };
const APP = "com.example.a";
const start: DeviceInput = {
  ...{ t: "start", wall: 1_700_000_000_000, mono: 0, seed: "0".repeat(32), programs: [APP] },
  enrolment: { platform: "p", rootThumbprints: [`${"A".repeat(43)}`], threshold: 1 },
  runtime: { kind: "linux", version: "1.0.0", layers: [] },
};

const number = fc.integer({ min: 1, max: 6 });
const end = fc.constantFrom<object>(
  { body: "" },
  { body: "e30=" },
  { body: Buffer.from("a.b.c").toString("base64"), etag: "x" },
  { notModified: true },
  { missing: true },
  { tooLarge: true },
  { status: 503, retryAfterS: 5 },
  { status: 413 },
  { status: 409 },
  { status: 401, code: "device_revoked" },
  { failed: "timeout" },
  {
    body: Buffer.from(
      '{"accepted":1,"rejected":[],"nextIntervalSeconds":9,"sampling":50,"wanted":["platform"]}',
    ).toString("base64"),
  },
);
const timer = fc.constantFrom(
  "poll",
  "alone",
  "retryLane",
  `retry/${APP}`,
  "mark",
  "grace",
  "until",
  "upload",
  "store",
  "?",
);
const members = fc.oneof(
  fc.record({
    t: fc.constant("want"),
    appId: fc.constantFrom(APP, "com.example.b", "__proto__", ".."),
    wanted: fc.boolean(),
  }),
  fc.tuple(number, end).map(([fetch, how]) => ({ t: "fetched", fetch, ...how })),
  fc.tuple(number, end).map(([send, how]) => ({ t: "answered", send, ...how })),
  number.map((write) => ({ t: "stored", write })),
  number.map((write) => ({ t: "notStored", write, reason: "full" })),
  timer.map((name) => ({ t: "timer", timer: name })),
  fc
    .constantFrom(
      { hello: true },
      { closed: true },
      { reportNow: true },
      { revision: { document: "platform", epoch: 1, revision: 9 } },
    )
    .map((what) => ({ t: "stream", ...what })),
  fc.integer().map((requests) => ({
    t: "count",
    appId: APP,
    versionCode: 1,
    increment: { requests, apis: { ["__proto__"]: { denied: 1 } } },
  })),
  fc.constantFrom("crashed", "killed").map((type) => ({ t: "event", event: { type, appId: APP } })),
  fc.constant({ t: "ask", appId: APP, versionCode: 1, api: "device.info", params: {} }),
  fc.constant({ t: "ask", appId: APP, versionCode: 1, url: "https://a.example/", purpose: "request" }),
);
const inputs = fc
  .array(fc.tuple(members, fc.integer({ min: -100_000, max: 100_000 })), { maxLength: 60 })
  .map((all) =>
    all.map(([input, jump], place) => ({ wall: 1_700_000_000_000 + jump, mono: place * 700, ...input }) as DeviceInput),
  );

describe("a step, whatever happens and in whatever order", () => {
  it("never throws, keeps a state that its schema describes, and loses no item uncounted", () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const device = createDevice(ports);
        const state = openState();
        for (const input of [start, ...all]) device.step(state, input);
        expect(stateShape.safeParse(JSON.parse(JSON.stringify(writeState(state)))).error).toBeUndefined();
        const { produced, acknowledged, rejected, discarded } = state.queue.totals;
        expect(produced).toBe(acknowledged + rejected + discarded + queuedItems(state.queue));
      }),
      { numRuns: 150 },
    );
  });

  it("answers the same to the same, and has one write of a part and one batch out at a time", () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const runs = [0, 1].map(() => {
          const device = createDevice(ports);
          const state = openState();
          const effects = [start, ...all].map((input) => device.step(state, input).effects);
          return { effects, digest: digestOf(state, ports) };
        });
        expect(runs[0]).toEqual(runs[1]);
        const open = { trust: new Set<number>(), queue: new Set<number>() };
        for (const [place, effects] of (runs[0]?.effects ?? []).entries()) {
          const input = all[place - 1];
          if (input?.t === "stored" || input?.t === "notStored") {
            open.trust.delete(input.write);
            open.queue.delete(input.write);
          }
          for (const effect of effects) if (effect.e === "store") open[effect.part].add(effect.write);
          expect([open.trust.size <= 1, open.queue.size <= 1]).toEqual([true, true]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
