import { splitCommands } from "@/lib/format/commands";

/** A sentence of the server's, with what is typed set as code: there `--` is read as two. */
export function Sentence({ text }: { text: string }) {
  return splitCommands(text).map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a part has no name but its place
    part.isCommand ? <code key={index}>{part.text}</code> : part.text,
  );
}
