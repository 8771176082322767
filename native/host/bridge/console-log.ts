import { cutText, showActing } from "../../core/text/plain-text";
import type { ConsoleLine } from "../ports";

export const CONSOLE_LINES_MAX = 1_000;
const LINE_CHARACTERS_MAX = 4_096;
export const CONSOLE_CHARACTERS_MAX = 256 * 1024;
/** Lines of its own that a program may write at once, and those that it gains with each second (spec 3.7). */
export const LINES_AT_ONCE = 200;
export const LINES_PER_SECOND = 50;

export type ConsoleLog = {
  /** A line of the program's. One that finds no room is not kept nor asked for its text, and counted; the next one that does says how many. */
  write(level: ConsoleLine["level"], text: () => string): void;
  /** Lines that were lost before they came here. */
  lose(count: number): void;
  /** Nothing follows: what was lost last is said. */
  end(): void;
  /** A line of the host's own about the program: it always finds room. */
  say(level: ConsoleLine["level"], text: string): void;
  /** What is kept; where the beginning is gone to make room, its first line says of how many lines. */
  lines(): readonly ConsoleLine[];
};

/**
 * The last lines that a program wrote, within bounds whatever it writes and however fast: `console` is no API, and takes
 * nothing from the program's calls.
 */
export function createConsoleLog(options: {
  nowMs(): number;
  monotonicMs(): number;
  onLine?(line: ConsoleLine): void;
}): ConsoleLog {
  const kept: ConsoleLine[] = [];
  let characters = 0;
  let forgotten = 0;
  let lost = 0;
  let room = LINES_AT_ONCE;
  let filledAtMs = options.monotonicMs();

  const keep = (level: ConsoleLine["level"], given: string): void => {
    const text = showActing(cutText(given, LINE_CHARACTERS_MAX), "\n\t");
    const line = { atMs: options.nowMs(), level, text };
    kept.push(line);
    characters += text.length;
    while (kept.length > CONSOLE_LINES_MAX || characters > CONSOLE_CHARACTERS_MAX) {
      characters -= kept.shift()?.text.length ?? 0;
      forgotten += 1;
    }
    options.onLine?.(line);
  };
  const takeRoom = (): boolean => {
    const now = options.monotonicMs();
    room = Math.min(LINES_AT_ONCE, room + ((now - filledAtMs) * LINES_PER_SECOND) / 1000);
    filledAtMs = now;
    if (room < 1) return false;
    room -= 1;
    return true;
  };
  const tellLost = (): void => {
    if (lost === 0) return;
    keep("warn", `${lost} lines were lost here: at most ${LINES_PER_SECOND} a second`);
    lost = 0;
  };
  return {
    write(level, text) {
      if (!takeRoom()) {
        lost += 1;
        return;
      }
      tellLost();
      keep(level, text());
    },
    lose(count) {
      lost += count;
    },
    say: keep,
    end: tellLost,
    lines() {
      tellLost();
      const [first] = kept;
      if (first === undefined || forgotten === 0) return kept;
      return [{ atMs: first.atMs, level: "warn", text: `${forgotten} earlier lines are gone, to make room` }, ...kept];
    },
  };
}
