import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createClamp, PLAUSIBLE } from "./plausible";

describe("the plausible", () => {
  it("is the table of the specification, reason by reason", () => {
    const clause = readFileSync(new URL("../../spec/7-http.md", import.meta.url), "utf8");
    const rows = [...clause.matchAll(/^\| `([^`]+)` \| ([0-9,]+) \| (.+) \|$/gm)].map(
      ([, name, most = "", because]) => {
        return [name, { most: Number(most.replaceAll(",", "")), because }];
      },
    );
    expect(Object.fromEntries(rows)).toEqual(PLAUSIBLE);
  });

  it("holds what is beyond it and tells of it, and leaves what reaches it alone", () => {
    const { clamped, hold } = createClamp();
    expect(hold("crashes", 6_000)).toBe(6_000);
    expect(clamped).toEqual([]);
    expect(hold("crashes", 6_001)).toBe(6_000);
    expect(clamped).toEqual([{ counter: "crashes", seen: 6_001, bound: 6_000 }]);
  });
});
