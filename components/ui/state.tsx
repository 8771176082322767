import type { ReactNode } from "react";
import { classNames } from "./class-names";
import { Mark, type MarkName } from "./mark";

const TONES: Record<MarkName, string> = {
  draft: "text-muted",
  proposed: "text-muted",
  waiting: "text-waiting",
  live: "text-ink",
  suspended: "text-danger",
  retired: "text-muted",
  yes: "text-ink",
  no: "text-blocked",
  ask: "text-ink",
  none: "text-muted",
  differs: "text-ink",
  publish: "text-ink",
  version: "text-ink",
};

type StateProps = { mark: MarkName; children?: ReactNode; isQuiet?: boolean; title?: string };

/** A state is a mark, a word and a tone: never colour alone. Normal has the colour of text. */
export function State({ mark, children, isQuiet, title }: StateProps) {
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1.5 whitespace-nowrap align-top",
        isQuiet ? "text-muted" : TONES[mark],
      )}
    >
      <Mark name={mark} {...(title === undefined ? {} : { title })} />
      {children !== undefined && <span>{children}</span>}
    </span>
  );
}
