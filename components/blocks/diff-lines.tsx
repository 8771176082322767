import { type DiffLine, diffLines } from "@/lib/format/member-lines";

const ROWS = {
  old: { sign: "−", row: "bg-sunken text-muted", sign_: "text-muted" },
  new: { sign: "+", row: "edge-accent bg-tint-accent", sign_: "font-semibold text-accent" },
  kept: { sign: "", row: "", sign_: "" },
} as const;

const WORDS = { old: "removed: ", new: "added: ", kept: "" } as const;

/** A value before and after, member by member. */
export function DiffLines({ before, after }: { before: unknown; after: unknown }) {
  const lines = diffLines(before, after);
  if (lines.length === 0) return <p className="text-muted">No difference.</p>;
  return (
    <div className="overflow-hidden rounded-control border border-line bg-surface font-mono text-code">
      {lines.map((line) => (
        <Line key={`${line.side} ${line.text}`} line={line} />
      ))}
    </div>
  );
}

function Line({ line }: { line: DiffLine }) {
  const { sign, row, sign_ } = ROWS[line.side];
  return (
    <div className={`grid min-h-6 grid-cols-[28px_minmax(0,1fr)] items-center pr-3 ${row}`}>
      <span aria-hidden className={`text-center ${sign_}`}>
        {sign}
      </span>
      <span className="wrap-anywhere whitespace-pre-wrap">
        <span className="sr-only">{WORDS[line.side]}</span>
        {line.side === "old" && (
          <del className="text-ink decoration-1">
            <bdi>{line.text}</bdi>
          </del>
        )}
        {line.side === "new" && (
          <ins className="rounded-xs bg-mark-new px-0.5 font-semibold no-underline">
            <bdi>{line.text}</bdi>
          </ins>
        )}
        {line.side === "kept" && <bdi>{line.text}</bdi>}
      </span>
    </div>
  );
}
