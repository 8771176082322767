import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { offsetsOf, piecesOf } from "./row-window";

const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `row ${index}`);

describe("a window of rows", () => {
  it("draws what is in view and the row that has the focus, and leaves the room of the others", () => {
    const offsets = offsetsOf(keysOf(400), new Map([["row 0", 30]]));
    expect(piecesOf(offsets, { top: 3000, bottom: 3060 }, [2])).toEqual([
      { is: "gap", from: 0, height: 60 },
      { is: "row", index: 2 },
      { is: "gap", from: 3, height: 97 * 30 },
      { is: "row", index: 100 },
      { is: "row", index: 101 },
      { is: "gap", from: 102, height: 298 * 30 },
    ]);
  });

  it("never moves a row, loses none in view, and draws each once, however high they are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: -500, max: 3000 }),
        fc.integer({ min: 0, max: 900 }),
        fc.uniqueArray(fc.nat(59)),
        (rowHeights, top, room, always) => {
          const keys = keysOf(rowHeights.length);
          const offsets = offsetsOf(keys, new Map(keys.map((key, index) => [key, rowHeights[index] ?? 0])));
          const view = { top, bottom: top + room };
          let place = 0;
          const drawn: number[] = [];
          for (const piece of piecesOf(offsets, view, always)) {
            if (piece.is === "gap") {
              expect(place).toBe(offsets[piece.from]);
              place += piece.height;
            } else {
              expect(place).toBe(offsets[piece.index]);
              place += rowHeights[piece.index] ?? 0;
              drawn.push(piece.index);
            }
          }
          expect(place).toBe(offsets.at(-1));
          const isWanted = (index: number) =>
            always.includes(index) || ((offsets[index + 1] ?? 0) > view.top && (offsets[index] ?? 0) < view.bottom);
          expect(drawn).toEqual([...keys.keys()].filter(isWanted));
        },
      ),
    );
  });

  it("takes rows that were never seen to be as high as those that were", () => {
    expect(
      offsetsOf(
        keysOf(4),
        new Map([
          ["row 1", 20],
          ["row 2", 40],
        ]),
      ),
    ).toEqual([0, 30, 50, 90, 120]);
    expect(offsetsOf(keysOf(2), new Map())).toEqual([0, 32, 64]);
  });
});
