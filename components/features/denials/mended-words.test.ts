import { expect, test } from "vitest";
import { sinceWords, throughWords } from "./mended-words";

const since = {
  ...{ document: "program" as const, position: { epoch: 1, revision: 4 } },
  ...{ at: "2026-01-01T00:00:00.000Z", changeSetId: null, changeSetNumber: null },
};

test("what went through is the least where some may be counted under another name", () => {
  expect(throughWords({ through: 1212, isAtLeast: false })).toBe("1,212 through");
  expect(throughWords({ through: 0, isAtLeast: true })).toBe("at least 0 through");
});

test("a decision is named by its document, and one before which nothing was looked at says so", () => {
  expect(sinceWords({ since, isFirst: true })).toMatch(/^Allowed since revision .*4$/);
  expect(sinceWords({ since: { ...since, document: "platform" }, isFirst: false })).toMatch(
    /^Allowed since platform revision .*4 or before it$/,
  );
  expect(sinceWords({ since: null, isFirst: false })).toBe("Allowed by what is in force");
});
