export type ChartMarkKind = "publish" | "version" | "suspension" | "lift";

/** What happened, drawn under the axis: ▲ a publish, ◆ a version, ⊘ a suspension, ● its lift. */
export function ChartMark({ kind, x, y }: { kind: ChartMarkKind; x: number; y: number }) {
  if (kind === "publish") return <path d={`M${x} ${y - 4.5}l5 8.5h-10z`} className="fill-ink" />;
  if (kind === "version") return <path d={`M${x} ${y - 5}l5 5-5 5-5-5z`} className="fill-ink" />;
  if (kind === "lift") return <circle cx={x} cy={y} r="4.25" className="fill-ink" />;
  return (
    <g className="fill-surface stroke-danger" strokeWidth="1.5">
      <circle cx={x} cy={y} r="4.25" />
      <path d={`M${x - 3} ${y + 3}l6-6`} />
    </g>
  );
}
