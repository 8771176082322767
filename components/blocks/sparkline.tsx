const TONES = { ink: "text-ink", blocked: "text-blocked", throttled: "text-throttled", muted: "text-muted" } as const;

type SparklineProps = {
  /** null is a gap and is drawn as one. */
  values: readonly (number | null)[];
  tone?: keyof typeof TONES;
  label: string;
  width?: number;
  height?: number;
};

/** The shape of a series in the height of a line; its numbers stand beside it. */
export function Sparkline({ values, tone = "ink", label, width = 96, height = 20 }: SparklineProps) {
  const top = Math.max(1, ...values.map((value) => value ?? 0));
  const step = values.length > 1 ? (width - 6) / (values.length - 1) : 0;
  const points = values.map((value, index) =>
    value === null ? null : ([1 + index * step, height - 3 - (value / top) * (height - 6)] as const),
  );
  const path = points
    .map((point, index) => {
      if (point === null) return "";
      const [x, y] = point;
      return `${(points[index - 1] ?? null) === null ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
  const end = points.findLast((point) => point !== null);
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      className={`inline-block max-w-full align-middle ${TONES[tone]}`}
    >
      <title>{label}</title>
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" />
      {end && <rect x={end[0] - 1} y={end[1] - 2} width="4" height="4" fill="currentColor" />}
    </svg>
  );
}
