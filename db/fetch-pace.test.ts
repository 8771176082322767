import { describe, expect, it } from "vitest";
import { createFetchPace } from "./fetch-pace";

/** How many rows are asked for, one asking after the other, where every row has so many characters. */
function asked(sizes: readonly number[]): number[] {
  const pace = createFetchPace(50, 1000);
  return sizes.map((size) => {
    const { rows } = pace;
    pace.saw(rows, rows * size);
    return rows;
  });
}

describe("the pace of a cursor", () => {
  it("comes to many small rows at once", () => {
    expect(asked([1, 1, 1, 1, 0])).toEqual([1, 4, 16, 50, 50]);
  });

  it("takes large rows one by one, and what fits of those between", () => {
    expect(asked([5000, 5000, 5000])).toEqual([1, 1, 1]);
    expect(asked([100, 100, 100, 5000, 100])).toEqual([1, 4, 10, 10, 1]);
  });
});
