import { describe, expect, it } from "vitest";
import { changedLeaves } from "./changed-leaves";

const places = (before: unknown, after: unknown) => changedLeaves(before, after).map(({ path }) => path);

describe("what differs between two values", () => {
  it("is each leaf by its place, in one order", () => {
    expect(places({ b: 1, a: 1, c: { z: 1, y: 2 } }, { a: 2, b: 2, c: { y: 3, z: 1 } })).toEqual(["/a", "/b", "/c/y"]);
  });

  it("is every leaf of what comes or goes", () => {
    expect(places(null, { a: 1, b: { c: 2 } })).toEqual(["/a", "/b/c"]);
    expect(places({ a: 1, b: { c: 2 } }, null)).toEqual(["/a", "/b/c"]);
  });

  it("is an empty object itself, a list as one, and a value that takes another's place", () => {
    expect(places(null, {})).toEqual([""]);
    expect(places({}, null)).toEqual([""]);
    expect(places({ a: [1, 2] }, { a: [1, 3] })).toEqual(["/a"]);
    expect(places({ a: { b: 1 } }, { a: 1 })).toEqual(["/a"]);
    expect(places({ a: {} }, { a: { b: 1 } })).toEqual(["/a/b"]);
  });

  it("is nothing between equal values, and nothing that an object only inherits", () => {
    expect(places({ a: { b: [1] } }, { a: { b: [1] } })).toEqual([]);
    expect(places({ toString: 1 }, {})).toEqual(["/toString"]);
  });
});
