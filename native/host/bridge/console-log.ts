import type { ConsoleLine } from "../ports";

export const CONSOLE_LINES_MAX = 1_000;
const LINE_CHARACTERS_MAX = 4_096;
export const CONSOLE_CHARACTERS_MAX = 256 * 1024;

export type ConsoleLog = {
  /** Keeps a line and answers it as it was kept. */
  add(line: ConsoleLine): ConsoleLine;
  lines(): readonly ConsoleLine[];
  /** Lines that are gone to make room. */
  readonly forgotten: number;
};

/** Control and format characters: a terminal obeys the ones, the others turn text around. Lines and tabs may stay. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Makes them visible: the text is a stranger's. */
function withoutControl(text: string): string {
  return text.replace(CONTROL, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The last lines that a program wrote, within bounds whatever it writes (spec §3: `console` is no API). */
export function createConsoleLog(): ConsoleLog {
  const kept: ConsoleLine[] = [];
  let characters = 0;
  let forgotten = 0;
  return {
    add(line) {
      const text = withoutControl(line.text.slice(0, LINE_CHARACTERS_MAX));
      const shown = { ...line, text };
      kept.push(shown);
      characters += text.length;
      while (kept.length > CONSOLE_LINES_MAX || characters > CONSOLE_CHARACTERS_MAX) {
        characters -= kept.shift()?.text.length ?? 0;
        forgotten += 1;
      }
      return shown;
    },
    lines: () => kept,
    get forgotten() {
      return forgotten;
    },
  };
}
