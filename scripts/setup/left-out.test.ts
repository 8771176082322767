import { describe, expect, it } from "vitest";
import { leftOutAtStart, tellLeftOut } from "./left-out";

const BROWSER = { missing: "no browser", leftOut: "the browser's tests", remedy: "apt-get install chromium" };

describe("what is left out", () => {
  it("comes from the starting script whole", () => {
    expect(leftOutAtStart({ BULKHEAD_LEFT_OUT: JSON.stringify([BROWSER]) })).toEqual([BROWSER]);
    expect(leftOutAtStart({})).toEqual([]);
  });

  it("is told in one block, each with what it costs, why, and the remedy; nothing is told where nothing is", () => {
    const told = tellLeftOut([BROWSER, { ...BROWSER, missing: "no bubblewrap", remedy: "apt-get install bubblewrap" }]);
    for (const text of [BROWSER.missing, BROWSER.leftOut, BROWSER.remedy, "no bubblewrap"])
      expect(told).toContain(text);
    expect(told.match(/Left out/g)).toHaveLength(1);
    expect(told.match(/remedy/g)).toHaveLength(2);
    expect(tellLeftOut([])).toBe("");
  });
});
