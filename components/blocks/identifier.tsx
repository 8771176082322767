import { CopyButton } from "@/components/ui/copy-button";
import { cutMiddle } from "@/lib/format/identifier";

/** A long id, cut in the middle, copied whole. */
export function Identifier({ text, label, head, tail }: { text: string; label: string; head?: number; tail?: number }) {
  return (
    <span className="inline-flex max-w-full items-center gap-0.5">
      <code title={text} className="truncate">
        {cutMiddle(text, head, tail)}
      </code>
      <CopyButton text={text} label={label} />
    </span>
  );
}
