import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import publicSuffixData from "../../catalog/public-suffixes.json" with { type: "json" };
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import { type DeviceInput, inputShape } from "../../core/device/inputs";
import { durableShape, openState } from "../../core/device/state";
import { createDevice } from "../../core/device/step";
import { nodeCrypto } from "../../node/crypto";
import { APP } from "./kit";
import type { Scenario } from "./scenario";

const ports = { crypto: nodeCrypto, publicSuffixes: readPublicSuffixes(publicSuffixData) };
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
const index = read("index.json") as { files: { file: string }[] };
const all = index.files.flatMap(({ file }) => (read(file) as { scenarios: Scenario[] }).scenarios);

/** What happens in a scenario up to its first restart. */
function inputsOf({ steps }: Scenario): { durable: unknown; inputs: DeviceInput[] } {
  const [first, ...rest] = steps.map(({ line }) => line as { op: string; state?: unknown; input?: unknown });
  const end = rest.findIndex(({ op }) => op === "device.open");
  const inputs = (end < 0 ? rest : rest.slice(0, end)).flatMap(({ input }) => inputShape.safeParse(input).data ?? []);
  return { durable: first?.state ?? {}, inputs };
}

/** Counts in between, at clocks that jump: nothing but time can then change what is in force. */
const counts = fc.array(
  fc.record({ place: fc.nat({ max: 40 }), wallMs: fc.integer({ min: -2e8, max: 6e8 }), monoMs: fc.nat({ max: 2e8 }) }),
  { maxLength: 12 },
);

it("what a device remembers of what it said spares work and changes no answer", () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), counts, (scenario, extra) => {
      const { durable, inputs } = inputsOf(scenario);
      const told = inputs.flatMap((input, place): DeviceInput[] => [
        input,
        ...extra
          .filter((count) => count.place === place)
          .map(({ wallMs, monoMs }) => ({
            ...{ t: "count" as const, appId: APP, versionCode: 1, increment: { requests: 1 } },
            ...{ wall: Math.max(0, input.wall + wallMs), mono: input.mono + monoMs },
          })),
      ]);
      const [one, other] = [openState(durableShape.parse(durable)), openState(durableShape.parse(durable))];
      const device = createDevice(ports);
      for (const input of told) {
        expect(device.step(one, input).effects).toEqual(createDevice(ports).step(other, input).effects);
      }
    }),
    { numRuns: 40 },
  );
});
