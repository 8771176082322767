import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePositions, isNewerPosition, isSamePosition } from "./position";

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const position = fc.record({ epoch: number, revision: number });

describe("positions", () => {
  it("are ordered by the epoch first: revision 1 of epoch 2 is newer than revision 57 of epoch 1", () => {
    expect(isNewerPosition({ epoch: 2, revision: 1 }, { epoch: 1, revision: 57 })).toBe(true);
  });

  it("have one order: of two different ones exactly one is newer", () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        expect([isNewerPosition(a, b), isNewerPosition(b, a), isSamePosition(a, b)].filter(Boolean)).toHaveLength(1);
        expect(Math.sign(comparePositions(a, b))).toBe(0 - Math.sign(comparePositions(b, a)));
      }),
    );
  });
});
