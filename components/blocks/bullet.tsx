type BulletProps = {
  p50: number;
  p95: number;
  max: number;
  warn: number;
  limit: number;
  label: string;
  width?: number;
};

/** p50 to p95 and the greatest against warning and limit. The limit stands at the same place in each row. */
export function Bullet({ p50, p95, max, warn, limit, label, width = 260 }: BulletProps) {
  const scale = limit > 0 ? (width - 10) / limit : 0;
  const at = (value: number) => Math.min(value * scale, width - 10);
  const isOver = max >= limit;
  return (
    <svg
      viewBox={`0 0 ${width} 24`}
      role="img"
      aria-label={label}
      className="h-6 w-full min-w-24 max-w-80"
      preserveAspectRatio="xMinYMid meet"
    >
      <title>{label}</title>
      <rect x="0" y="8" width={at(limit)} height="8" rx="2" className="fill-track" />
      <rect x={at(p50)} y="8" width={Math.max(2, at(p95) - at(p50))} height="8" className="fill-fill" />
      <path d={`M${at(p95)} 12H${at(max)}`} className="stroke-ink" strokeWidth="1.5" />
      {!isOver && <circle cx={at(max)} cy="12" r="2.5" className="fill-ink" />}
      <path d={`M${at(warn)} 3v18`} className="stroke-muted" strokeWidth="1.5" strokeDasharray="3 2" />
      <path d={`M${at(limit)} 3v18`} className="stroke-ink" strokeWidth="1.5" />
      {isOver && <path d={`M${at(limit)} 7.4l4.8 8.2h-9.6z`} className="fill-throttled" />}
    </svg>
  );
}
