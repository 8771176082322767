import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import publicSuffixData from "../catalog/public-suffixes.json";
import { answerLine } from "../core/conformance/answer-line";
import type { ConformancePorts } from "../core/conformance/op";
import { readPublicSuffixes } from "../core/decide/public-suffixes";
import type { Trace } from "../core/decide/trace";
import { nodeCrypto } from "../node/crypto";
import { lineOf, listTopicFiles, readTopic, readVectorIndex } from "./vector-index";

const ports: ConformancePorts = {
  crypto: nodeCrypto,
  publicSuffixes: readPublicSuffixes(publicSuffixData),
  readFile: async (path) => new Uint8Array(readFileSync(path)),
};
/** Ops whose answers `explain` tells how they came about. */
const DECISIONS = ["host", "redirect", "address", "api"];
const index = readVectorIndex();
let executed = 0;

describe("conformance vectors", () => {
  it("are all known to the index, and none is missing", () => {
    expect(listTopicFiles()).toEqual(index.topics.map(({ file }) => file).sort());
  });

  it("are 300 or more, and refuse at least as often as they accept", () => {
    const refusals = index.topics.reduce((sum, topic) => sum + topic.refusals, 0);
    expect(index.total).toBeGreaterThanOrEqual(300);
    expect(refusals * 2).toBeGreaterThanOrEqual(index.total);
  });

  describe.each(index.topics)("$file", ({ file, cases }) => {
    const topic = readTopic(file);

    it(`holds exactly ${cases} cases`, () => {
      expect(topic.cases).toHaveLength(cases);
    });

    it.each(topic.cases)("$id: $title", async (vector) => {
      executed += 1;
      const answer: unknown = JSON.parse(await answerLine(JSON.stringify(lineOf(topic, vector)), ports));
      expect(answer).toEqual({ id: vector.id, ...vector.expect });
    });
  });

  // Whatever a decision's vector is about, its trace ends as it does.
  it.each(index.topics.filter(({ op }) => DECISIONS.includes(op)))(
    "explained, end as they were decided: $file",
    async ({ file }) => {
      const topic = readTopic(file);
      for (const vector of topic.cases) {
        const { op, ...line } = lineOf(topic, vector);
        const answer: unknown = JSON.parse(
          await answerLine(JSON.stringify({ ...line, op: "explain", about: op }), ports),
        );
        expect(answer, vector.id).toMatchObject(vector.expect);
        if ("error" in vector.expect) continue;
        const { checks, code, layer, rule } = answer as Trace;
        const failed = checks.find(({ state }) => state === "failed");
        if (failed?.state === "failed") {
          expect([failed.code, failed.layer]).toEqual([code, layer]);
          // arguments are told by their place in the call (spec 5.56), all else by the rule
          if (failed.check !== "ARGUMENTS") expect(failed.at).toBe(rule);
        } else expect(code).toBe("ALLOWED");
      }
    },
  );

  it("were executed to the last", () => {
    expect(executed).toBe(index.total);
  });
});
