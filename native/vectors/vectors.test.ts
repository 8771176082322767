import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import publicSuffixData from "../catalog/public-suffixes.json";
import { answerLine } from "../core/conformance/answer-line";
import type { ConformancePorts } from "../core/conformance/op";
import { readPublicSuffixes } from "../core/decide/public-suffixes";
import { nodeCrypto } from "../node/crypto";
import { lineOf, listTopicFiles, readTopic, readVectorIndex } from "./vector-index";

const ports: ConformancePorts = {
  crypto: nodeCrypto,
  publicSuffixes: readPublicSuffixes(publicSuffixData),
  readFile: async (path) => new Uint8Array(readFileSync(path)),
};
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

  it("were executed to the last", () => {
    expect(executed).toBe(index.total);
  });
});
