const STYLES = { bold: "1", dim: "2", red: "1;31", cyan: "36" } as const;
export type Style = keyof typeof STYLES;
export type Paint = (style: Style, text: string) => string;

/** Colours for a terminal that shows them; without one the text as it is. */
export function paintFor(isTerminal: boolean): Paint {
  return (style, text) => (isTerminal ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);
}

/** Whether an output is a terminal that wants colours (https://no-color.org). */
export function showsColours(isTty: boolean | undefined, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTty === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}
