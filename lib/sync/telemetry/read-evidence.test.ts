import fc from "fast-check";
import { expect, it } from "vitest";
import { API_CODES, DECISION_LAYERS, HOST_PURPOSES } from "@/native/core/codes";
import { denialCountShape, hostCountShape } from "@/native/core/telemetry/batch";
import { OTHER } from "@/native/core/telemetry/other";
import { plainDenial, plainHost } from "./read-evidence";

const odd = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom<unknown>(
    -0,
    -1,
    1.5,
    2 ** 53,
    2 ** 53 - 1,
    Number.NaN,
    null,
    undefined,
    OTHER,
    "",
    "a/b",
    "/",
    65_536,
  ),
);
/** Mostly what may be, so that most of all the members often are. */
const mostly = (...fine: unknown[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...fine) }, { weight: 1, arbitrary: odd });
const host = fc.record({
  host: mostly("a.example", "[::1]", "10.0.0.1"),
  port: mostly(0, 443, 65_535),
  purpose: mostly(...HOST_PURPOSES),
  allowed: mostly(0, 7),
  blocked: mostly(0, 7),
  more: odd,
});
const denial = fc.record(
  {
    cause: mostly("0123456789abcdef"),
    code: mostly(...API_CODES),
    layer: mostly(...DECISION_LAYERS),
    rule: mostly(null, "/hosts/0", "/grants/network.request"),
    api: mostly("network.request"),
    host: mostly("a.example"),
    port: mostly(443),
    purpose: mostly(...HOST_PURPOSES),
    count: mostly(0, 7),
    more: odd,
  },
  { requiredKeys: ["cause", "code", "layer", "rule", "count"] },
);

it("takes as plain only what the shape takes, and reads it as the shape does", () => {
  let taken = 0;
  fc.assert(
    fc.property(host, (sent) => {
      const plain = plainHost(sent);
      if (plain === null) return;
      taken += 1;
      expect(hostCountShape.parse(sent)).toEqual(plain);
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(denial, (sent) => {
      const plain = plainDenial(sent);
      if (plain === null) return;
      taken += 1;
      expect(denialCountShape.parse(sent)).toEqual(plain);
    }),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(1000);
});
