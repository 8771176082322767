import { beforeEach, describe, expect, it } from "vitest";
import type { ConsoleLine } from "../ports";
import { CONSOLE_CHARACTERS_MAX, CONSOLE_LINES_MAX, createConsoleLog, LINES_AT_ONCE } from "./console-log";

let monotonicMs: number;
let heard: ConsoleLine[];
const open = () =>
  createConsoleLog({ nowMs: () => 0, monotonicMs: () => monotonicMs, onLine: (line) => heard.push(line) });
/** Writes as slowly as there is always room. */
const writeAll = (log: ReturnType<typeof open>, texts: readonly string[]) => {
  for (const text of texts) {
    monotonicMs += 1000;
    log.write("info", () => text);
  }
};

beforeEach(() => {
  monotonicMs = 0;
  heard = [];
});

describe("a program's console", () => {
  it("keeps the last lines and says how many are gone", () => {
    const log = open();
    writeAll(
      log,
      Array.from({ length: CONSOLE_LINES_MAX + 5 }, (_, index) => `line ${index}`),
    );
    expect(log.lines()).toHaveLength(CONSOLE_LINES_MAX + 1);
    expect(log.lines()[0]?.text).toBe("5 earlier lines are gone, to make room");
    expect(log.lines()[1]?.text).toBe("line 5");
  });

  it("keeps no more text than its bound", () => {
    const log = open();
    writeAll(log, Array<string>(500).fill("x".repeat(10_000)));
    const kept = log.lines().reduce((sum, { text }) => sum + text.length, 0);
    expect(kept).toBeLessThanOrEqual(CONSOLE_CHARACTERS_MAX);
    expect(log.lines().length).toBeGreaterThan(10);
  });

  it("hands no terminal a command and no reader a text turned around", () => {
    writeAll(open(), ["a\u001b[2Jb\u202ec\rd\u0000\ttab\nline ü 漢"]);
    expect(heard[0]?.text).toBe("a\\u{1b}[2Jb\\u{202e}c\\u{d}d\\u{0}\ttab\nline ü 漢");
  });

  it("loses lines of a flood, not one unsaid: the next line tells how many there were", () => {
    const log = open();
    let made = 0;
    for (let line = 0; line < LINES_AT_ONCE + 7; line += 1)
      log.write("info", () => {
        made += 1;
        return "flood";
      });
    log.lose(3);
    log.say("warn", "the host's own line finds room");
    monotonicMs = 20;
    expect(made).toBe(LINES_AT_ONCE);
    log.write("info", () => "after");
    expect(heard).toHaveLength(LINES_AT_ONCE + 3);
    expect(heard.slice(-3).map(({ text }) => text)).toEqual([
      "the host's own line finds room",
      "10 lines were lost here: at most 50 a second",
      "after",
    ]);
    log.write("info", () => "lost");
    expect(log.lines().at(-1)?.text).toBe("1 lines were lost here: at most 50 a second");
    log.lose(2);
    log.end();
    expect(heard.at(-1)?.text).toBe("2 lines were lost here: at most 50 a second");
  });

  it("says of a line that it cuts how long it was", () => {
    writeAll(open(), ["x".repeat(4_096), `y${"😀".repeat(5_000)}`]);
    expect(heard[0]?.text).toBe("x".repeat(4_096));
    expect(heard[1]?.text).toMatch(/^y(?:😀)+… \(10001 characters, cut\)$/u);
    expect(heard[1]?.text.length).toBeLessThanOrEqual(4_096);
  });
});
