import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import publicSuffixData from "../../catalog/public-suffixes.json";
import { answerLine } from "../../core/conformance/answer-line";
import { readPublicSuffixes } from "../../core/decide/public-suffixes";
import { nodeCrypto } from "../../node/crypto";
import { platformClaims, programClaims } from "../cases/policy-claims";
import { findOutsideVectors } from "./outside-vectors";

const suite = findOutsideVectors("blns");
const ports = {
  crypto: nodeCrypto,
  publicSuffixes: readPublicSuffixes(publicSuffixData),
  readFile: async () => undefined,
};
const policy = { program: programClaims(), platform: platformClaims(), versionCode: 12, now: 1_700_000_000 };
const document = { keyset: { epoch: 1, exp: 2_000_000_000, keys: [] }, platform: "super.test", now: 1_700_000_000 };

/** Where each text goes in, and what no text may come to. */
const QUESTIONS: [member: string, line: Record<string, unknown>, forbidden: Record<string, unknown>][] = [
  ["url", { op: "host", ...policy, purpose: "request" }, { decision: "allow" }],
  ["api", { op: "api", ...policy, runtime: { kind: "linux", version: "1.0.0" } }, { decision: "allow" }],
  ["address", { op: "address" }, { decision: "allow" }],
  ["text", { op: "manifest" }, { valid: true }],
  ["jws", { op: "document", type: "bulkhead-platform", ...document }, { result: "accepted" }],
  ["signatureHex", { op: "signature", publicKeyPem: "", messageHex: "", encoding: "der" }, { valid: true }],
  ["appId", { op: "storage", user: "u", area: "storage", key: "k" }, { result: "ok" }],
];

describe.skipIf(!suite.isPresent)("naughty strings", () => {
  const strings = suite.isPresent ? (JSON.parse(readFileSync(`${suite.folder}/blns.json`, "utf8")) as string[]) : [];

  it.each(QUESTIONS)("in %s are answered with a refusal, each of the 515", async (member, line, forbidden) => {
    expect(strings).toHaveLength(515);
    for (const text of strings) {
      const answer = JSON.parse(await answerLine(JSON.stringify({ id: text, ...line, [member]: text }), ports));
      expect(answer.id).toBe(text);
      expect(answer).not.toHaveProperty("error");
      expect(answer).not.toMatchObject(forbidden);
    }
  });
});
