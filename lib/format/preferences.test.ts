import { describe, expect, it } from "vitest";
import { DEFAULT_PREFERENCES, readPreferences, writePreferences } from "./preferences";

describe("the preferences cookie", () => {
  it("is read back as it was written, encoded or not", () => {
    const chosen = { theme: "dark", rowHeight: 28, singleKeys: false, hiddenColumns: { programs: ["trend"] } } as const;
    const text = writePreferences({ ...chosen, hiddenColumns: { programs: ["trend"] } });
    expect(readPreferences(text)).toEqual(chosen);
    expect(readPreferences(decodeURIComponent(text))).toEqual(chosen);
  });

  it.each([undefined, "", "{", "null", "[]", '"dark"', "%", "x".repeat(5000)])("is the default for %j", (text) => {
    expect(readPreferences(text)).toEqual(DEFAULT_PREFERENCES);
  });

  it("takes no value that it does not know", () => {
    const text = JSON.stringify({ theme: "</html>", rowHeight: 999, singleKeys: "no", hiddenColumns: { a: [1] } });
    expect(readPreferences(text)).toEqual(DEFAULT_PREFERENCES);
  });
});
