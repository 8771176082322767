/** Marks are drawings of our own: the typeface has no such characters, and a fallback would be seen. */
export type MarkName =
  | "draft"
  | "proposed"
  | "waiting"
  | "live"
  | "suspended"
  | "retired"
  | "yes"
  | "no"
  | "ask"
  | "none"
  | "differs"
  | "publish"
  | "version";

const line = { fill: "none", stroke: "currentColor", strokeWidth: 1.5 } as const;
const bold = { ...line, strokeWidth: 1.75, strokeLinecap: "round", strokeLinejoin: "round" } as const;

const DRAWINGS: Record<MarkName, React.ReactNode> = {
  draft: <circle cx="6" cy="6" r="4.75" {...line} strokeDasharray="2.2 1.53" />,
  proposed: <circle cx="6" cy="6" r="4.75" {...line} />,
  waiting: (
    <>
      <circle cx="6" cy="6" r="4.75" {...line} />
      <path d="M6 1.5a4.5 4.5 0 0 0 0 9z" fill="currentColor" />
    </>
  ),
  live: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  suspended: (
    <>
      <circle cx="6" cy="6" r="4.75" {...line} />
      <path d="M2.8 9.2l6.4-6.4" {...line} />
    </>
  ),
  retired: <path d="M1.5 6h9" {...line} strokeWidth={1.75} />,
  yes: <path d="M1.75 6.5l3 3 5.5-7" {...bold} />,
  no: <path d="M2 2l8 8M10 2l-8 8" {...bold} />,
  ask: <path d="M6 .9L11.1 6 6 11.1.9 6z" {...line} strokeLinejoin="round" />,
  none: <path d="M3 6h6" {...line} strokeLinecap="round" />,
  differs: <path d="M2 4h8M2 8h8M8.5 1.5l-5 9" {...line} strokeLinecap="round" />,
  publish: <path d="M6 1.5l5 8.5H1z" fill="currentColor" />,
  version: <path d="M6 1l5 5-5 5-5-5z" fill="currentColor" />,
};

/** `title` names the mark where no word stands beside it. */
export function Mark({ name, size = 12, title }: { name: MarkName; size?: number; title?: string }) {
  if (title === undefined) {
    return (
      <svg width={size} height={size} viewBox="0 0 12 12" className="shrink-0" aria-hidden="true">
        {DRAWINGS[name]}
      </svg>
    );
  }
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" className="shrink-0" role="img" aria-label={title}>
      <title>{title}</title>
      {DRAWINGS[name]}
    </svg>
  );
}
