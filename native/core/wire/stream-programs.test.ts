import { describe, expect, it } from "vitest";
import { namedPrograms, readStreamPrograms, STREAM_PROGRAMS_CHARS_MAX, STREAM_PROGRAMS_MAX } from "./stream-programs";

const ids = (count: number, length = 16) =>
  Array.from({ length: count }, (_, n) => `com.${`a${n}`.padEnd(length - 4, "x")}`);

describe("the programs of a stream", () => {
  it("are read as they were named, up to both bounds", () => {
    for (const programs of [[], ids(1), ids(STREAM_PROGRAMS_MAX), ids(32, 127)]) {
      expect(namedPrograms(programs)).toEqual(programs);
      expect(readStreamPrograms([programs.join()])).toEqual(new Set(programs));
    }
    expect(ids(32, 127).join().length).toBe(STREAM_PROGRAMS_CHARS_MAX - 1);
  });

  it("are not named past either bound, so that the stream tells of all", () => {
    expect(namedPrograms(ids(STREAM_PROGRAMS_MAX + 1))).toBeNull();
    expect(namedPrograms(ids(33, 127))).toBeNull();
    expect(readStreamPrograms([])).toBeNull();
  });

  it.each([
    ["10,000 of them", [ids(10_000).join()]],
    ["one more than may be named", [ids(STREAM_PROGRAMS_MAX + 1).join()]],
    ["more characters than may be", [ids(33, 127).join()]],
    ["two lists", ["com.example.a", "com.example.b"]],
    ["an escape that is none", ["com.example.%zz"]],
    ["upper case", ["com.Example.a"]],
    ["an empty name", ["com.example.a,"]],
    ["a line end", ["com.example.a\nevent: revoked"]],
    ["a name of a language's own", ["__proto__"]],
  ])("are refused as %s", (_, values) => {
    expect(readStreamPrograms(values)).toBeUndefined();
  });
});
