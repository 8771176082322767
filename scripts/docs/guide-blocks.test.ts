import { describe, expect, it } from "vitest";
import { guideBlocks, isShown, wordsOf } from "./guide-blocks";

describe("a guide's blocks", () => {
  it("are its commands with their answers and its files, in their order; what is neither is prose", () => {
    const markdown = "```console\n$ npx a\none\ntwo\n$ npx b\n```\ntext\n```js x/app.js\n1;\n```\n```mermaid\nx\n```\n";
    expect(guideBlocks(markdown)).toEqual([
      {
        kind: "commands",
        commands: [
          { words: ["npx", "a"], answer: "one\ntwo\n" },
          { words: ["npx", "b"], answer: "" },
        ],
      },
      { kind: "file", name: "x/app.js", text: "1;\n" },
    ]);
  });

  it("have commands as a shell splits them", () => {
    expect(wordsOf('npx bulkhead init notes --name "My notes"   # begins')).toEqual([
      ...["npx", "bulkhead", "init", "notes", "--name", "My notes"],
    ]);
  });

  it("have answers in which a dash of dots stands for anything within its line", () => {
    expect(isShown("kid abc\nkey /tmp/x (keep)\n", "kid …\nkey … (keep)\n")).toBe(true);
    expect(isShown("kid abc\nmore\nkey x (keep)\n", "kid …\nkey … (keep)\n")).toBe(false);
    expect(isShown("kid abd", "kid abc")).toBe(false);
  });
});
