import { describe, expect, it } from "vitest";
import { labelValueShape } from "./label-shape";
import { labelsKey } from "./labels";

describe("a label's value", () => {
  it.each(["a", "eu-north", "2026.1_b", "x".repeat(32)])("may be %s", (text) => {
    expect(labelValueShape.safeParse(text).success).toBe(true);
  });

  it.each(["", "x".repeat(33), "EU", "a b", "a=b", "a,b", "a:b", "é", "a\n", "\u0000"])("is never %j", (text) => {
    expect(labelValueShape.safeParse(text).success).toBe(false);
  });
});

describe("the text of labels", () => {
  it("is one for one set of labels, in whatever order they stand", () => {
    expect(labelsKey({ channel: "beta", app: "ferry", region: "eu" })).toBe("app=ferry,region=eu,channel=beta");
  });

  it("differs for the same value under another name, and is empty without labels", () => {
    expect(labelsKey({ region: "x" })).not.toBe(labelsKey({ app: "x" }));
    expect(labelsKey({})).toBe("");
  });
});
