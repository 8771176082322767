import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { signatureOp } from "../../core/conformance/ops/signature";
import { nodeCrypto } from "../../node/crypto";
import { findOutsideVectors } from "./outside-vectors";

type Group = { publicKeyPem: string; tests: { tcId: number; msg: string; sig: string; result: string }[] };

const suite = findOutsideVectors("wycheproof");
const ports = {
  crypto: nodeCrypto,
  publicSuffixes: { coversSuffix: () => false },
  readFile: async () => undefined,
};

describe.skipIf(!suite.isPresent)("Wycheproof, ECDSA P-256 with SHA-256", () => {
  it("is answered rightly 484 times of 484", async () => {
    const text = readFileSync(`${suite.folder}/ecdsa_secp256r1_sha256_test.json`, "utf8");
    const { testGroups } = JSON.parse(text) as { testGroups: Group[] };
    const wrong: number[] = [];
    let asked = 0;
    for (const { publicKeyPem, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const line = { publicKeyPem, messageHex: msg, signatureHex: sig, encoding: "der" };
        const answer = await signatureOp(line, ports);
        asked += 1;
        if (answer.valid !== (result === "valid")) wrong.push(tcId);
      }
    }
    expect({ asked, wrong }).toEqual({ asked: 484, wrong: [] });
  });
});
