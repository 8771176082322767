import { describe, expect, it } from "vitest";
import { CONSOLE_CHARACTERS_MAX, CONSOLE_LINES_MAX, createConsoleLog } from "./console-log";

const line = (text: string) => ({ atMs: 0, level: "info" as const, text });

describe("a program's console", () => {
  it("keeps the last lines and says how many are gone", () => {
    const log = createConsoleLog();
    for (let index = 0; index < CONSOLE_LINES_MAX + 5; index += 1) log.add(line(`line ${index}`));
    expect(log.lines()).toHaveLength(CONSOLE_LINES_MAX);
    expect(log.lines()[0]?.text).toBe("line 5");
    expect(log.forgotten).toBe(5);
  });

  it("keeps no more text than its bound", () => {
    const log = createConsoleLog();
    for (let index = 0; index < 500; index += 1) log.add(line("x".repeat(10_000)));
    const kept = log.lines().reduce((sum, { text }) => sum + text.length, 0);
    expect(kept).toBeLessThanOrEqual(CONSOLE_CHARACTERS_MAX);
    expect(log.lines().length).toBeGreaterThan(10);
  });

  it("hands no terminal a command and no reader a text turned around", () => {
    const shown = createConsoleLog().add(line("a\u001b[2Jb\u202ec\rd\u0000\ttab\nline ü 漢"));
    expect(shown.text).toBe("a\\u{1b}[2Jb\\u{202e}c\\u{d}d\\u{0}\ttab\nline ü 漢");
  });
});
