"use client";

import Link from "next/link";
import { type PointerEvent, useId, useLayoutEffect, useRef, useState } from "react";
import { formatCount } from "@/lib/format/count";
import { formatInstant, formatTime, formatWeekday } from "@/lib/format/instant";
import { axisTicks, bandPath, linePath, timeTicks } from "./chart-geometry";
import { ChartMark, type ChartMarkKind } from "./chart-mark";
import { useCrosshair } from "./crosshair";

export type ChartTone = "ink" | "blocked" | "throttled" | "allowed";
export type ChartSeries = {
  name: string;
  tone: ChartTone;
  /** One a point; null is a gap and is drawn as one. */
  values: readonly (number | null)[];
  /** The lower edge of a band below the line. */
  low?: readonly (number | null)[];
};
export type ChartEvent = { at: string; kind: ChartMarkKind; title: string; href?: string | undefined };

export type TimeChartProps = {
  title: string;
  /** Begin of each point's bucket, oldest first. */
  times: readonly string[];
  series: readonly ChartSeries[];
  events?: readonly ChartEvent[];
  limit?: { warn: number; max: number; label: string; warnLabel: string } | null;
  format?(value: number): string;
  summary: string;
};

const HEIGHT = 196;
const TOP = 8;
/** Below the axis: a row for events, then a row for dates. */
const BOTTOM = 44;
const LEFT = 44;
const MARK_WIDTH = 13;
const STROKES: Record<ChartTone, string> = {
  ink: "stroke-ink",
  blocked: "stroke-blocked",
  throttled: "stroke-throttled",
  allowed: "stroke-allowed",
};
const DASHES: Record<ChartTone, string | undefined> = {
  ink: undefined,
  allowed: undefined,
  blocked: "6 3",
  throttled: "1.5 3",
};

/** Lines over time with limit, warning, events, gaps and a crosshair shared by the charts of a page. */
export function TimeChart(props: TimeChartProps) {
  const { title, times, series, events = [], limit, format = formatCount, summary } = props;
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(560);
  const { atMs, setAtMs } = useCrosshair();
  const summaryId = useId();
  useLayoutEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(240, Math.floor(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const right = limit ? 100 : 16;
  const instants = times.map((at) => new Date(at).getTime());
  const from = instants[0] ?? 0;
  const to = instants.at(-1) ?? 1;
  const greatest = Math.max(limit?.max ?? 0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const ticks = axisTicks(greatest);
  const top = Math.max(ticks.at(-1) ?? 1, greatest) * 1.04;
  const x = (at: number) => LEFT + ((width - LEFT - right) * (at - from)) / Math.max(1, to - from);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const base = HEIGHT - BOTTOM;
  const placed = placeMarks(events, from, to, x);
  const cross = atMs === null || instants.length === 0 ? null : nearest(instants, atMs);

  const onPointer = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / Math.max(1, width - LEFT - right);
    setAtMs(share < -0.02 || share > 1.02 ? null : from + share * (to - from));
  };
  return (
    <div
      ref={holder}
      className="relative rounded-control has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2"
    >
      <p id={summaryId} className="sr-only">
        {summary}
      </p>
      <svg
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        aria-hidden="true"
        onPointerMove={onPointer}
        onPointerLeave={() => setAtMs(null)}
        className="block text-label [&_text]:fill-muted"
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <path d={`M${LEFT} ${y(tick)}H${width - right}`} className="stroke-line" />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {format(tick)}
            </text>
          </g>
        ))}
        {timeTicks(from, to, width - LEFT - right).map(({ atMs: at, isDay }) => (
          <text key={at} x={x(at)} y={HEIGHT - 6} textAnchor="middle">
            {isDay ? formatWeekday(at) : formatTime(at)}
          </text>
        ))}
        {series.map(({ name, tone, values, low }) => (
          <g key={name}>
            {low && <path d={bandPath(instants, values, low, x, y)} className="fill-ink opacity-10" />}
            <path
              d={linePath(instants, values, x, y)}
              fill="none"
              strokeWidth="1.5"
              strokeLinejoin="round"
              strokeLinecap={tone === "throttled" ? "round" : "butt"}
              strokeDasharray={DASHES[tone]}
              className={STROKES[tone]}
            />
          </g>
        ))}
        {limit && (
          <>
            <path d={`M${LEFT} ${y(limit.warn)}H${width - right}`} strokeDasharray="4 3" className="stroke-muted" />
            <path d={`M${LEFT} ${y(limit.max)}H${width - right}`} className="stroke-ink" />
            <text x={width - right + 8} y={y(limit.warn) + 4}>
              {limit.warnLabel}
            </text>
            <text x={width - right + 8} y={y(limit.max) + 4} className="fill-ink!">
              {limit.label}
            </text>
          </>
        )}
        <path d={`M${LEFT} ${base}H${width - right}`} className="stroke-control" />
        {placed.map(({ event, atX, markX }) => (
          <g key={`${event.kind} ${event.at}`}>
            <path d={`M${atX} ${TOP}V${base}`} strokeDasharray="1 3" className="stroke-control" />
            <ChartMark kind={event.kind} x={markX} y={base + 11} />
          </g>
        ))}
        {cross !== null && (
          <g className="pointer-events-none">
            <path d={`M${x(instants[cross] ?? 0)} ${TOP}V${base}`} className="stroke-accent" />
            {series.map(({ name, tone, values }) => {
              const value = values[cross];
              if (value === null || value === undefined) return null;
              return (
                <circle
                  key={name}
                  cx={x(instants[cross] ?? 0)}
                  cy={y(value)}
                  r="3.5"
                  strokeWidth="1.5"
                  className={`fill-surface ${STROKES[tone]}`}
                />
              );
            })}
          </g>
        )}
      </svg>
      {placed.map(
        ({ event, markX }) =>
          event.href !== undefined && (
            <Link
              key={`${event.kind} ${event.at}`}
              href={event.href}
              aria-label={event.title}
              title={event.title}
              className="absolute h-6 w-3 rounded-tag"
              style={{ left: markX - 6, top: base - 1 }}
            />
          ),
      )}
      {instants.length > 0 && (
        <input
          type="range"
          min={0}
          max={instants.length - 1}
          value={cross ?? instants.length - 1}
          aria-label={`Move through ${title}`}
          aria-describedby={summaryId}
          aria-valuetext={valueText(cross ?? instants.length - 1, times, series, format)}
          onChange={(event) => setAtMs(instants[Number(event.target.value)] ?? null)}
          onBlur={() => setAtMs(null)}
          className="pointer-events-none absolute inset-0 opacity-0"
        />
      )}
    </div>
  );
}

/** What happened at nearly the same time stands side by side, so that no mark hides another. */
function placeMarks(
  events: readonly ChartEvent[],
  from: number,
  to: number,
  x: (at: number) => number,
): { event: ChartEvent; atX: number; markX: number }[] {
  let free = Number.NEGATIVE_INFINITY;
  return [...events]
    .map((event) => ({ event, at: new Date(event.at).getTime() }))
    .filter(({ at }) => at >= from && at <= to)
    .sort((a, b) => a.at - b.at)
    .map(({ event, at }) => {
      const atX = x(at);
      const markX = Math.max(atX, free);
      free = markX + MARK_WIDTH;
      return { event, atX, markX };
    });
}

function valueText(
  index: number,
  times: readonly string[],
  series: readonly ChartSeries[],
  format: (value: number) => string,
): string {
  const values = series.map(({ name, values: all }) => {
    const value = all[index];
    return `${name} ${value === null || value === undefined ? "no data" : format(value)}`;
  });
  return `${formatInstant(times[index] ?? 0)}: ${values.join(", ")}`;
}

function nearest(instants: readonly number[], atMs: number): number {
  let best = 0;
  for (let index = 1; index < instants.length; index += 1) {
    if (Math.abs((instants[index] ?? 0) - atMs) < Math.abs((instants[best] ?? 0) - atMs)) best = index;
  }
  return best;
}
