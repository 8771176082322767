export type Say = (event: string, text: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * What the process tells whoever started it, on stdout: text for people, or one JSON line an event for programs. Links
 * with one-time tokens are told here and nowhere else: the log never has them.
 */
export function createSay(json: boolean, write = (text: string): unknown => process.stdout.write(text)): Say {
  return (event, text, fields = {}) => {
    write(`${json ? JSON.stringify({ event, ...fields }) : text}\n`);
  };
}
