/** A part of a guide that is acted out: commands with what they answer, or a file that is written. */
export type GuideBlock =
  | { kind: "commands"; commands: { words: string[]; answer: string }[] }
  | { kind: "file"; name: string; text: string };

const FENCE = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/** In their order: fenced blocks of `console`, whose commands begin with `$`, and those that name a file beside their language. */
export function guideBlocks(markdown: string): GuideBlock[] {
  return [...markdown.matchAll(FENCE)].flatMap(([, language, name, text = ""]): GuideBlock[] => {
    if (name !== undefined) return [{ kind: "file", name, text }];
    if (language !== "console") return [];
    const commands = text
      .split(/^\$ /m)
      .filter((part) => part !== "")
      .map((part) => {
        const end = part.indexOf("\n");
        return { words: wordsOf(part.slice(0, end)), answer: part.slice(end + 1) };
      });
    return [{ kind: "commands", commands }];
  });
}

/** A line as a shell would split it, where nothing but double quotes is special; a comment ends it. */
export function wordsOf(line: string): string[] {
  return (line.replace(/\s#\s.*$/, "").match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
}

/** Whether a text is what the guide shows: `…` stands for anything within a line. */
export function isShown(text: string, answer: string): boolean {
  const pattern = answer
    .trimEnd()
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${pattern}$`).test(text.trimEnd());
}
