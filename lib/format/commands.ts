const COMMAND = /(`[^`]+`|npm run [\w:-]+(?: [\w./=-]+)*|BULKHEAD_[A-Z_]+|docs\/[\w/-]+\.md)/;

export type TextPart = { text: string; isCommand: boolean };

/** A sentence of ours, cut where it names what is typed as it stands: a command, a variable, a page of the guides, what stands in backticks. */
export function splitCommands(sentence: string): TextPart[] {
  return sentence
    .split(COMMAND)
    .map((text, index) => ({ text: index % 2 === 1 ? text.replaceAll("`", "") : text, isCommand: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
