import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import publicSuffixData from "../../catalog/public-suffixes.json";
import { createStatefulAnswerer } from "../../core/conformance/stateful";
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import { stateShape } from "../../core/device/state";
import { nodeCrypto } from "../../node/crypto";
import type { Scenario } from "./scenario";

type Index = { total: number; files: { file: string; scenarios: number; faults: number }[] };

const ports = { crypto: nodeCrypto, publicSuffixes: readPublicSuffixes(publicSuffixData) };
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
const index = read("index.json") as Index;
let executed = 0;

/** As every runtime compares: the answer whole, but for what is said to people. */
function comparable(answer: string): unknown {
  const { id: _, ...rest } = JSON.parse(answer) as { id: unknown; effects?: { e: string }[]; error?: string };
  if (rest.error !== undefined) return { error: "" };
  return rest.effects === undefined ? rest : { ...rest, effects: rest.effects.filter(({ e }) => e !== "log") };
}

describe("scenarios of the device", () => {
  it("are all known to the index, and tell of faults at least as often as of success", () => {
    const lying = readdirSync(new URL(".", import.meta.url)).filter((file) => /^\d\d-.*\.json$/.test(file));
    expect(lying.sort()).toEqual(index.files.map(({ file }) => file));
    expect(index.files.reduce((sum, { faults }) => sum + faults, 0) * 2).toBeGreaterThanOrEqual(index.total);
  });

  describe.each(index.files)("$file", ({ file, scenarios }) => {
    const all = (read(file) as { scenarios: Scenario[] }).scenarios;

    it(`holds exactly ${scenarios} scenarios`, () => {
      expect(all).toHaveLength(scenarios);
    });

    it.each(all)("$id: $title", ({ steps }) => {
      executed += 1;
      const answer = createStatefulAnswerer(ports);
      for (const [place, step] of steps.entries()) {
        expect(comparable(answer(JSON.stringify({ id: place, ...step.line }))), `step ${place}`).toEqual(step.answer);
      }
      const { state } = JSON.parse(answer('{"id":0,"op":"device.state"}')) as { state: unknown };
      expect(stateShape.safeParse(state).error).toBeUndefined();
    });
  });

  it("were executed to the last", () => {
    expect(executed).toBe(index.total);
  });
});
