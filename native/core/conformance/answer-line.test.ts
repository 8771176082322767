import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../node/crypto";
import { answerLine } from "./answer-line";
import type { ConformancePorts } from "./op";

const ports: ConformancePorts = {
  crypto: nodeCrypto,
  publicSuffixes: { coversSuffix: () => false },
  readFile: async () => undefined,
};
const ask = async (line: unknown) =>
  JSON.parse(await answerLine(typeof line === "string" ? line : JSON.stringify(line), ports)) as Record<
    string,
    unknown
  >;
const failed = (id: unknown) => ({ id, error: expect.any(String) });

describe("a line that cannot be answered", () => {
  it.each([
    ["nothing", "", null],
    ["no JSON", "{", null],
    ["a list", "[]", null],
    ["no op", { id: 1 }, 1],
    ["an op that nobody knows", { id: "a", op: "root" }, "a"],
    ["an op named like a method of objects", { id: 2, op: "constructor" }, 2],
    ["a member twice", '{"id":3,"op":"address","address":"8.8.8.8","address":"10.0.0.1"}', 3],
    ["a member left out", { id: 4, op: "address" }, 4],
    ["a member of another type", { id: 5, op: "address", address: 8 }, 5],
    ["no id", { op: "address", address: null }, null],
    [
      "an encoding that nobody knows",
      { id: 6, op: "signature", publicKeyPem: "", messageHex: "", signatureHex: "", encoding: "raw" },
      6,
    ],
    [
      "claims that are a text",
      { id: 7, op: "host", program: "{}", platform: {}, versionCode: 1, url: "", purpose: "request", now: 1 },
      7,
    ],
    [
      "claims that lack what is asked about",
      {
        id: 8,
        op: "api",
        program: {},
        platform: {},
        versionCode: 1,
        api: "device.info",
        runtime: { kind: "linux", version: "1.0.0" },
        now: 1,
      },
      8,
    ],
    [
      "a purpose that nobody knows",
      {
        id: 9,
        op: "host",
        program: { hosts: [] },
        platform: { blockedHosts: [] },
        versionCode: 1,
        url: "",
        purpose: "beam",
        now: 1,
      },
      9,
    ],
    [
      "a file that is not there",
      { id: 10, op: "bundle", path: "none.ma", program: { appId: "a.b", versions: [], publisherKeys: [] } },
      10,
    ],
    [
      "a time with a fraction",
      {
        id: 11,
        op: "document",
        jws: "",
        keyset: { epoch: 1, exp: 1, keys: [] },
        type: "bulkhead-platform",
        platform: "p",
        now: 1.5,
      },
      11,
    ],
    [
      "trust without a threshold",
      { id: 12, op: "keyset", jws: "", trusted: { rootThumbprints: [] }, platform: "p", now: 1 },
      12,
    ],
  ])("says so: %s", async (_, line, id) => {
    expect(await ask(line)).toEqual(failed(id));
  });

  it("never ends the run, whatever the bytes", async () => {
    const ops = [
      "host",
      "redirect",
      "address",
      "api",
      "signature",
      "document",
      "keyset",
      "manifest",
      "bundle",
      "storage",
      "limit",
      "explain",
      "minute",
      "cause",
    ];
    const member = fc.constantFrom(
      ...[
        "program",
        "platform",
        "url",
        "purpose",
        "now",
        "jws",
        "keyset",
        "trusted",
        "text",
        "limits",
        "samples",
        "increments",
        "key",
        "about",
      ],
    );
    const line = fc.record({
      id: fc.string(),
      op: fc.constantFrom(...ops),
      more: fc.dictionary(member, fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          line.map(({ id, op, more }) => JSON.stringify({ ...more, id, op })),
        ),
        async (text) => {
          const answer = await answerLine(text, ports);
          expect(answer).not.toContain("\n");
          expect(JSON.parse(answer)).toHaveProperty("id");
          expect(answer).not.toContain('"error":"internal');
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("hostile text in a member", () => {
  it("is refused, which is an answer", async () => {
    const signature = {
      op: "signature",
      publicKeyPem: "\u0000",
      messageHex: "zz",
      signatureHex: "\ud800",
      encoding: "der",
    };
    expect(await ask({ id: 1, ...signature })).toEqual({ id: 1, valid: false });
    expect(await ask({ id: 2, op: "storage", appId: "", user: "", area: "", key: "\ud800" })).toEqual({
      id: 2,
      result: "refused",
    });
  });

  it("comes back in an id as it was", async () => {
    const id = "\u2028\u0000</script>\ud83d\ude00";
    expect((await ask({ id, op: "address", address: "8.8.8.8" })).id).toBe(id);
  });
});

describe("a keyset", () => {
  it("is read as text and as the object that it is", async () => {
    const line = { op: "keyset", trusted: { rootThumbprints: [], threshold: 1 }, platform: "p", now: 1 };
    const jws = { payload: "e30", signatures: [] };
    const answers = [await ask({ id: 1, ...line, jws }), await ask({ id: 1, ...line, jws: JSON.stringify(jws) })];
    expect(answers).toEqual(Array(2).fill({ id: 1, result: "refused", code: "UNKNOWN_KEY" }));
  });
});
