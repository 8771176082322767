import { expect, it } from "vitest";
import { describeRules, withRules } from "./describe-rules";
import { type Room, STORE, WEB } from "./import-rules";

const room: Room = {
  room: "r",
  is: "a room",
  files: ["r/"],
  may: ["r/", "s/"],
  never: [...WEB, ...STORE, "pkg"],
  except: [{ file: "r/x.ts", packages: ["next"] }],
  order: [["low/", "base"], ["*"]],
};

it("the rules in words leave nothing of a room out", () => {
  const text = describeRules([room], [{ at: "r/egress/", ways: ["net"], why: "the way out" }]);
  for (const line of [
    "| `r` | a room | `s` | Next and React; Drizzle and the drivers; `pkg`; but `r/x.ts` may import `next` |",
    "- `r`: `low`, `base` → everything else",
    "| `r/egress` | `net` | the way out |",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

it("a document without its marks is told from one that carries them", () => {
  const marked = `before\n<!-- made from scripts/house, by npx tsx scripts/house/check.ts --write -->\nold\n<!-- end -->\nafter`;
  expect(withRules(marked, "$& new")).toBe(marked.replace("old", () => "$& new"));
  expect(withRules("no marks", "new")).toBeNull();
});
