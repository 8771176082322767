import { ChartMark, type ChartMarkKind } from "./chart-mark";

const LINES = {
  p95: { className: "stroke-ink", dash: undefined },
  second: { className: "stroke-accent", dash: "8 2" },
  greatest: { className: "stroke-muted", dash: "1 2" },
  blocked: { className: "stroke-blocked", dash: "6 3" },
  throttled: { className: "stroke-throttled", dash: "1.5 3" },
} as const;

export function LegendLine({ kind, children }: { kind: keyof typeof LINES; children: string }) {
  const { className, dash } = LINES[kind];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-label">
      <svg width="20" height="8" aria-hidden="true">
        <path d="M0 4h20" strokeWidth="1.5" strokeDasharray={dash} className={className} />
      </svg>
      {children}
    </span>
  );
}

export function LegendBand({ children }: { children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-label">
      <span aria-hidden className="h-2 w-5 bg-ink opacity-15" />
      {children}
    </span>
  );
}

export function LegendMark({ kind, children }: { kind: ChartMarkKind; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-label">
      <svg width="12" height="12" aria-hidden="true">
        <ChartMark kind={kind} x={6} y={6} />
      </svg>
      {children}
    </span>
  );
}
