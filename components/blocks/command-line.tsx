import { CopyButton } from "@/components/ui/copy-button";

/** One line for a terminal, to be copied. */
export function CommandLine({ text }: { text: string }) {
  return (
    <p className="flex items-center gap-1 rounded-control bg-sunken px-3 py-1">
      <code className="min-w-0 flex-1 wrap-anywhere">{text}</code>
      <CopyButton text={text} label="command" />
    </p>
  );
}
