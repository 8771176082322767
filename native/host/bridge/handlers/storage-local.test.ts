import { expect, it } from "vitest";
import type { StorageArea } from "../../storage/program-storage";
import type { AllowedCall, CallOutcome } from "../capability-registry";
import { storageLocalHandler } from "./storage-local";

const LONG = JSON.stringify("x".repeat(900 * 1024));

/** An area of which each value is this one; counts what was read and what is open. */
function areaOf(text: string) {
  const seen = { read: 0, open: 0 };
  const bytes = new TextEncoder().encode(text);
  const area: StorageArea = {
    usedBytes: () => bytes.length,
    async open() {
      seen.open += 1;
      return {
        sizeBytes: bytes.length,
        async read() {
          seen.read += 1;
          return bytes;
        },
        async close() {
          seen.open -= 1;
        },
      };
    },
    write: async () => ({ ok: true }),
    remove: async () => true,
    names: async () => [],
    close: async () => undefined,
  };
  return { area, seen };
}

function openHandler(area: StorageArea) {
  const ending = new AbortController();
  const taken: (() => void)[] = [];
  const { apis } = storageLocalHandler({ appId: "com.example.probe", user: "me", area, refuseSize: () => undefined });
  const get = (): Promise<CallOutcome> =>
    apis["storage.local.get"]?.({
      params: { key: "k" },
      // the handler looks at none of it
      decision: undefined as unknown as AllowedCall["decision"],
      bytesOf: () => undefined,
      signal: ending.signal,
      afterAnswer: (run) => taken.push(run),
    }) ?? Promise.reject(new Error("no handler"));
  return { get, taken, ending };
}
const settled = (): Promise<void> => new Promise((go) => setImmediate(go));

it("of a program's long values one is in the host's memory, until the program has taken it", async () => {
  const { area, seen } = areaOf(LONG);
  const { get, taken } = openHandler(area);
  const answers = Array.from({ length: 4 }, get);
  for (let read = 1; read <= answers.length; read += 1) {
    await settled();
    expect([seen.read, taken.length]).toEqual([read, read]);
    taken.at(-1)?.();
  }
  const outcomes = await Promise.all(answers);
  expect(outcomes.map((outcome) => outcome.outcome === "value" && outcome.text?.json.length)).toEqual(
    answers.map(() => LONG.length),
  );
  expect(seen.open).toBe(0);
});

it("short values wait for nobody", async () => {
  const { area, seen } = areaOf('"short"');
  const { get, taken } = openHandler(area);
  expect(await Promise.all([get(), get()])).toEqual(
    Array.from({ length: 2 }, () => ({ outcome: "value", value: { value: "short" } })),
  );
  expect([seen, taken.length]).toEqual([{ read: 2, open: 0 }, 0]);
});

it("what waited for room when its program ended is closed", async () => {
  const { area, seen } = areaOf(LONG);
  const { get, ending } = openHandler(area);
  const [, second] = [get(), get()];
  await settled();
  ending.abort();
  expect(await second).toEqual({ outcome: "failed", reason: "the program has ended" });
  expect(seen).toEqual({ read: 1, open: 0 });
});
