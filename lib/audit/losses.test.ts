import { describe, expect, it } from "vitest";
import { isLost, lossesOf } from "./losses";

const at = "2026-03-01T09:00:00.000Z";
const seconds = Date.parse(at) / 1000;
const losses = lossesOf([
  { head: { sequence: 9, sha256: "a", jws: "b" } },
  { loss: { fromSequence: 5, entrySequence: 6, at, because: "admitted on the server" } },
  { torn: { file: "2026-03-01.jsonl", line: 3 } },
]);

describe("what was signed of a log that was lost since", () => {
  it("is of an entry at or behind the first that is lost, and signed no later than the loss was told", () => {
    expect(isLost(losses, { sequence: 5, iat: seconds })).toBe(true);
    expect(isLost(losses, { sequence: 500, iat: seconds - 1 })).toBe(true);
  });

  it("is nothing before it, nothing that was signed later, and nothing where no loss was told", () => {
    expect(isLost(losses, { sequence: 4, iat: seconds })).toBe(false);
    expect(isLost(losses, { sequence: 5, iat: seconds + 1 })).toBe(false);
    expect(isLost([], { sequence: 5, iat: 0 })).toBe(false);
  });
});
