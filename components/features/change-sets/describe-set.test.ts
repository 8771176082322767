import { describe, expect, it } from "vitest";
import type { ChangeView } from "@/lib/contracts/change-sets";
import { titleSet, weighSet } from "./describe-set";

const change = (direction: ChangeView["direction"], programName: string | null = "Marble Drop"): ChangeView => ({
  id: `chg_${direction}`,
  member: "program:com.example.a/limit:memoryBytes",
  kind: "limit",
  appId: "com.example.a",
  programName,
  before: null,
  after: null,
  title: "Lowered memoryBytes 2 → 1",
  direction,
  denialId: null,
});

describe("the weight of a change set", () => {
  it("counts what widens", () => {
    expect(weighSet({ changes: [change("widens"), change("narrows")], isNarrowing: false })).toBe(
      "2 changes, 1 widens",
    );
    expect(weighSet({ changes: [change("widens"), change("widens")], isNarrowing: false })).toBe("2 changes, 2 widen");
  });

  it("never calls a set narrowing that is not proven so as a whole", () => {
    expect(weighSet({ changes: [change("narrows")], isNarrowing: true })).toBe("1 change, narrowing");
    expect(weighSet({ changes: [change("narrows")], isNarrowing: false })).not.toMatch(/, narrowing$/);
  });
});

describe("the title of a change set", () => {
  it("names the program, the first change and how many more there are", () => {
    expect(titleSet({ changes: [change("narrows"), change("widens")] })).toBe(
      "Marble Drop: Lowered memoryBytes 2 → 1, and 1 more",
    );
    expect(titleSet({ changes: [change("narrows", null)] })).toBe("Lowered memoryBytes 2 → 1");
    expect(titleSet({ changes: [] })).toBe("Nothing yet");
  });
});
