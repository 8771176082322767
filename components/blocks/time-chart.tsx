"use client";

import { useId, useMemo, useState } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  type DotItemDotProps,
  Line,
  type MouseHandlerDataParam,
  ReferenceArea,
  ReferenceDot,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatCount, formatTick } from "@/lib/format/count";
import { formatInstant, formatTime, formatWeekday } from "@/lib/format/instant";
import { type ChartEvent, ChartEvents } from "./chart-events";
import { PointCard, shownValue } from "./chart-point-card";
import { timeTicks, valueTicks } from "./chart-ticks";
import { useCrosshair } from "./crosshair";
import { useSeededUntil } from "./seeded";

export type ChartTone = "ink" | "second" | "greatest" | "blocked" | "throttled" | "allowed";
export type ChartSeries = {
  name: string;
  tone: ChartTone;
  /** One a point; null is a gap and is drawn as one. */
  values: readonly (number | null)[];
  /** The lower edge of a band below the line, and what it is called. */
  low?: { name: string; values: readonly (number | null)[] };
};
export type { ChartEvent };

export type ChartLimit = { warn: number; max: number; label: string; warnLabel: string };

export type TimeChartProps = {
  title: string;
  /** Begin of each point's bucket, oldest first. */
  times: readonly string[];
  series: readonly ChartSeries[];
  events?: readonly ChartEvent[];
  limit?: ChartLimit | null;
  /** Drawn as high as the data go, whether or not the limit is seen then. */
  isFitted?: boolean;
  format?(value: number): string;
  /** The last point's time is not over: what leads to it is drawn dashed. */
  isLastRunning?: boolean;
  summary: string;
};

const HEIGHT = 196;
const TOP = 8;
/** Below the axis: a row for events, then a row for dates. */
const BOTTOM = 36;
const LEFT = 44;
const RIGHT = 16;
/** Room for the words beside the limit. */
const RIGHT_OF_LIMIT = 100;
const BEFORE_MEASURED = { width: 560, height: HEIGHT };
/** A line of words beside a limit; two that are closer than this would cover each other. */
const LABEL_HEIGHT = 16;
/** Above the plot, where it says what of it was made for a demo. */
const MADE_HEIGHT = 16;
/** Half of the room of the date under the crosshair. */
const DATE_HALF = 48;
const MUTED = { fill: "var(--color-muted)" };
const AXIS = { stroke: "var(--color-control)" };
const STROKES: Record<ChartTone, string> = {
  ink: "var(--color-ink)",
  second: "var(--color-accent)",
  greatest: "var(--color-muted)",
  blocked: "var(--color-blocked)",
  throttled: "var(--color-throttled)",
  allowed: "var(--color-allowed)",
};
const DASHES: Record<ChartTone, string> = {
  ink: "none",
  second: "8 2",
  greatest: "1 2",
  allowed: "none",
  blocked: "6 3",
  throttled: "1.5 3",
};

/** Short and wide apart: like no series' own. */
const RUNNING_DASH = "1.5 4";

type Row = {
  at: number;
  lines: (number | null)[];
  bands: ([number, number] | null)[];
  /** The same as a line, of the last two points alone, where the last is not over. */
  running: (number | null)[];
};

/** Lines over time with limit, warning, events, gaps and a crosshair shared by the charts of a page. */
export function TimeChart(props: TimeChartProps) {
  const { title, times, series, events = [], format = formatCount, isLastRunning = false, summary } = props;
  const [width, setWidth] = useState(BEFORE_MEASURED.width);
  const summaryId = useId();
  const rows = useMemo(() => rowsOf(times, series, isLastRunning), [times, series, isLastRunning]);
  const instants = useMemo(() => rows.map(({ at }) => at), [rows]);
  const { index: cross, setAtMs } = useCrosshair(instants);
  const crossAt = cross === null ? undefined : instants[cross];

  const ofData = greatestOf(series);
  const limit = props.isFitted === true && (props.limit?.max ?? 0) > ofData ? null : props.limit;
  const warning = limit?.warn ?? (props.limit && props.limit.warn <= ofData ? props.limit.warn : null);
  const greatest = Math.max(limit?.max ?? 0, ofData) || 1;

  const from = instants[0] ?? 0;
  const last = instants.at(-1) ?? 1;
  // What happened in the time that is not over has a place too.
  const to = isLastRunning ? last + (last - (instants.at(-2) ?? last)) : last;
  const right = limit ? RIGHT_OF_LIMIT : RIGHT;
  const x = (at: number) => LEFT + ((width - LEFT - right) * (at - from)) / Math.max(1, to - from);
  const between = limit ? ((limit.max - limit.warn) / greatest) * (HEIGHT - TOP - BOTTOM) : 0;
  const dates = timeTicks(from, to, width - LEFT - right);
  const isFree = (at: number) => crossAt === undefined || Math.abs(x(at) - x(crossAt)) > 1.5 * DATE_HALF;
  const within = events.filter(({ at }) => new Date(at).getTime() >= from && new Date(at).getTime() <= to);

  const seededUntil = useSeededUntil();
  const madeTo = Math.min(seededUntil === null ? 0 : Date.parse(seededUntil), to);
  const isMade = madeTo > from;
  const above = isMade || props.isFitted === true ? MADE_HEIGHT : 0;
  const height = HEIGHT + above;

  const onPointer = ({ isTooltipActive, activeLabel }: MouseHandlerDataParam) =>
    setAtMs(isTooltipActive && activeLabel !== undefined ? Number(activeLabel) : null);
  return (
    // Until it is measured it is drawn as wide as it may be, and a page is not made wider by that.
    <div className="relative overflow-x-clip rounded-control has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2">
      <p id={summaryId} className="sr-only">
        {summary}
        {isMade && ` Made for the demo until ${formatInstant(madeTo)}.`}
      </p>
      <div aria-hidden="true" className="text-label">
        <ResponsiveContainer height={height} initialDimension={{ ...BEFORE_MEASURED, height }} onResize={setWidth}>
          <ComposedChart
            data={rows}
            margin={{ top: TOP + above, right, bottom: 0, left: 0 }}
            accessibilityLayer={false}
            onMouseMove={onPointer}
            onMouseLeave={() => setAtMs(null)}
            onTouchMove={onPointer}
          >
            {isMade && <ReferenceArea x1={from} x2={madeTo} fill="var(--color-sunken)" />}
            <CartesianGrid vertical={false} syncWithTicks stroke="var(--color-line)" />
            <XAxis
              dataKey="at"
              type="number"
              scale="time"
              domain={[from, Math.max(to, from + 1)]}
              ticks={dates.map(({ atMs }) => atMs).filter(isFree)}
              tickFormatter={dates[0]?.isDay === false ? formatTime : formatWeekday}
              interval={0}
              height={BOTTOM}
              tickLine={false}
              tickSize={0}
              tickMargin={24}
              tick={MUTED}
              axisLine={AXIS}
            />
            <YAxis
              domain={[0, greatest * 1.04]}
              ticks={valueTicks(greatest, ofData === 0 && !limit ? formatCount : format)}
              tickFormatter={(value: number) => formatTick(value, format)}
              interval={0}
              width={LEFT}
              tickLine={false}
              tickSize={0}
              tickMargin={8}
              tick={MUTED}
              axisLine={false}
            />
            {series.map(
              ({ name, low }, order) =>
                low && (
                  <Area
                    key={name}
                    dataKey={(row: Row) => row.bands[order]}
                    fill="var(--color-ink)"
                    fillOpacity={0.1}
                    stroke="none"
                    activeDot={false}
                    isAnimationActive={false}
                  />
                ),
            )}
            {series.map(({ name, tone }, order) => (
              <Line
                key={name}
                dataKey={(row: Row) => row.lines[order]}
                stroke={STROKES[tone]}
                strokeWidth={1.5}
                strokeDasharray={DASHES[tone]}
                strokeLinejoin="round"
                strokeLinecap={tone === "throttled" ? "round" : "butt"}
                dot={LonePoint}
                activeDot={false}
                isAnimationActive={false}
              />
            ))}
            {isLastRunning &&
              series.map(({ name, tone }, order) => (
                <Line
                  key={`${name}, running`}
                  dataKey={(row: Row) => row.running[order]}
                  stroke={STROKES[tone]}
                  strokeWidth={1.5}
                  strokeDasharray={RUNNING_DASH}
                  dot={LonePoint}
                  activeDot={false}
                  isAnimationActive={false}
                />
              ))}
            {warning !== null && (
              <ReferenceLine
                y={warning}
                stroke="var(--color-muted)"
                strokeDasharray="4 3"
                label={{
                  value: between < LABEL_HEIGHT ? "" : (limit?.warnLabel ?? ""),
                  position: "right",
                  offset: 8,
                  fill: "var(--color-muted)",
                }}
              />
            )}
            {limit && (
              <ReferenceLine
                y={limit.max}
                stroke="var(--color-ink)"
                label={{ value: limit.label, position: "right", offset: 8, fill: "var(--color-ink)" }}
              />
            )}
            {[...new Set(within.map(({ at }) => new Date(at).getTime()))].map((at) => (
              <ReferenceLine key={at} x={at} stroke="var(--color-control)" strokeDasharray="1 3" />
            ))}
            {crossAt !== undefined && <ReferenceLine x={crossAt} stroke="var(--color-accent)" />}
            {crossAt !== undefined &&
              series.map(({ name, tone, values }) => {
                const value = values[cross ?? 0];
                return (
                  typeof value === "number" && (
                    <ReferenceDot
                      key={name}
                      x={crossAt}
                      y={value}
                      r={3.5}
                      fill="var(--color-surface)"
                      stroke={STROKES[tone]}
                      strokeWidth={1.5}
                    />
                  )
                );
              })}
            <Tooltip
              cursor={false}
              isAnimationActive={false}
              offset={12}
              content={({ active }) =>
                active && cross !== null && shownLines(series).length > 1 ? (
                  <PointCard atMs={instants[cross] ?? 0} index={cross} series={shownLines(series)} format={format} />
                ) : null
              }
            />
          </ComposedChart>
        </ResponsiveContainer>
        {isMade && (
          <span className="pointer-events-none absolute top-0 text-muted" style={{ left: LEFT }}>
            {madeTo < to ? `made for the demo until ${formatTime(madeTo)}` : "made for the demo"}
          </span>
        )}
        {crossAt !== undefined && (
          <span
            className="-translate-x-1/2 pointer-events-none absolute bottom-0 whitespace-nowrap rounded-tag bg-accent px-2 text-accent-ink"
            style={{ left: Math.min(Math.max(x(crossAt), DATE_HALF), width - DATE_HALF) }}
          >
            {formatWeekday(crossAt)}, {formatTime(crossAt)}
          </span>
        )}
      </div>
      <ChartEvents events={within} top={height - BOTTOM - 1} width={width} x={x} />
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

/** Each series and the lower edge of its band, as a table or a card shows them. */
export const shownLines = (series: readonly ChartSeries[]): { name: string; values: readonly (number | null)[] }[] =>
  series.flatMap(({ name, values, low }) => (low === undefined ? [{ name, values }] : [low, { name, values }]));

/** Of all that is drawn; 0 where nothing is. */
export const greatestOf = (series: readonly ChartSeries[]): number =>
  Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));

function rowsOf(times: readonly string[], series: readonly ChartSeries[], isLastRunning: boolean): Row[] {
  const last = times.length - 1;
  return times.map((at, index) => {
    const values = series.map((one) => one.values[index] ?? null);
    return {
      at: new Date(at).getTime(),
      lines: isLastRunning && index === last ? values.map(() => null) : values,
      running: isLastRunning && index >= last - 1 ? values : values.map(() => null),
      bands: series.map(({ low }, order) => {
        const [upper, lower] = [values[order] ?? null, low?.values[index] ?? null];
        return upper === null || lower === null ? null : [lower, upper];
      }),
    };
  });
}

/** A point between two gaps has no line to be seen by, so it gets a dot. */
function LonePoint({ points, index, cx, cy, stroke }: DotItemDotProps) {
  const isDrawn = (at: number) => typeof points[at]?.value === "number";
  if (!isDrawn(index) || isDrawn(index - 1) || isDrawn(index + 1)) return null;
  return <circle cx={cx} cy={cy} r={2} fill={stroke} />;
}

function valueText(
  index: number,
  times: readonly string[],
  series: readonly ChartSeries[],
  format: (value: number) => string,
): string {
  const values = shownLines(series).map(({ name, values: all }) => `${name} ${shownValue(all[index], format)}`);
  return `${formatInstant(times[index] ?? 0)}: ${values.join(", ")}`;
}
