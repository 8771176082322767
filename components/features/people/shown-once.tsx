import type { ReactNode } from "react";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";
import { Mark } from "@/components/ui/mark";

type ShownOnceProps = {
  /** The name of the person whom it lets in. */
  to: string;
  link?: string | null;
  code?: string | null;
  expiresAt: string | null;
  children?: ReactNode;
};

/** A link, a code, or both, that are shown this one time; each is handed over by whatever way both trust. */
export function ShownOnce({ to, link = null, code = null, expiresAt, children }: ShownOnceProps) {
  return (
    <Callout icon={<Mark name="yes" />}>
      <p className="font-medium">
        For <bdi>{to}</bdi>, shown this one time; hand {link !== null && code !== null ? "them" : "it"} over yourself
      </p>
      {link !== null && <Secret text={link} word="Link" />}
      {code !== null && <Secret text={code} word="Code" />}
      {children}
      {expiresAt !== null && (
        <p className="text-muted">
          Ends <RelativeTime at={expiresAt} />, or when it is used.
        </p>
      )}
    </Callout>
  );
}

function Secret({ text, word }: { text: string; word: string }) {
  return (
    <p className="flex items-center gap-1">
      <span className="w-10 shrink-0 text-muted">{word}</span>
      <code className="min-w-0 wrap-anywhere">{text}</code>
      <CopyButton text={text} label={word.toLowerCase()} />
    </p>
  );
}

/** Said where one person is shown both halves. */
export function ShownBoth() {
  return (
    <p className="text-muted">
      Both are needed, and you see both because nobody else can approve yet. The audit log has it, and People says “one
      person alone” until another approver has given a new sign-in with you.
    </p>
  );
}
