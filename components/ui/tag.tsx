import { Maximize2, Minimize2 } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names";

const KINDS = {
  /** Filled: the heaviest things are seen first. */
  strong: "border-transparent bg-ink px-1.5 text-surface text-label",
  outline: "border-control px-1.5 text-label",
  faint: "border-line px-1.5 text-label text-muted",
  word: "border-transparent text-label text-muted",
  code: "border-line bg-sunken px-1.5 font-mono text-code",
} as const;

export function Tag({ kind = "outline", children }: { kind?: keyof typeof KINDS; children: ReactNode }) {
  return (
    <span
      className={classNames("inline-flex h-5 items-center gap-1 whitespace-nowrap rounded-tag border", KINDS[kind])}
    >
      {children}
    </span>
  );
}

const SENSITIVITY_KINDS = { dangerous: "strong", restricted: "outline", public: "word" } as const;

export function SensitivityTag({ sensitivity }: { sensitivity: keyof typeof SENSITIVITY_KINDS }) {
  return <Tag kind={SENSITIVITY_KINDS[sensitivity]}>{sensitivity}</Tag>;
}

export function DirectionTag({ direction }: { direction: "narrows" | "widens" | "neutral" }) {
  if (direction === "neutral") return <Tag kind="word">neutral</Tag>;
  const Icon = direction === "widens" ? Maximize2 : Minimize2;
  return (
    <Tag kind={direction === "widens" ? "strong" : "faint"}>
      <Icon size={12} aria-hidden />
      {direction}
    </Tag>
  );
}
