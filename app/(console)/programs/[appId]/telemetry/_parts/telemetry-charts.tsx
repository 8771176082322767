"use client";

import type { ReactNode } from "react";
import { ChartFrame } from "@/components/blocks/chart-frame";
import { LegendLine } from "@/components/blocks/legend";
import type { ChartEvent, ChartLimit, ChartSeries } from "@/components/blocks/time-chart";
import { Button } from "@/components/ui/button";
import type { TelemetrySeries } from "@/lib/contracts/programs";
import type { ChartCount } from "@/lib/domain/measures/charted";
import { MEASURE_OF_LIMIT } from "@/lib/domain/measures/charted";
import { formatBytes } from "@/lib/format/bytes";
import { formatCount, formatMeasure } from "@/lib/format/count";
import type { LimitName } from "@/native/core/codes";

const MIB = 1024 * 1024;

/** One y unit a chart: what a value is divided by, how it is written on the axis, and what stands behind it elsewhere. */
type Unit = { scale: number; text: string; format(value: number): string; isBytes?: boolean };
const counted = (text: string): Unit => ({ scale: 1, text, format: formatCount });
/** The greatest unit in which what is drawn reaches one. */
const bytesUnit = (greatest: number): Unit => {
  const [scale, text] = greatest >= MIB ? [MIB, "MiB"] : greatest >= 1024 ? [1024, "KiB"] : [1, "B"];
  return { scale, text, format: formatMeasure, isBytes: true };
};

type ShareChart = { title: string; limit: LimitName; per: string; unit: Unit | "bytes" };
const FIRST: readonly ShareChart[] = [
  { title: "CPU time", limit: "cpuMsPerMinute", per: "a minute, p95 of device-minutes", unit: counted("ms") },
  { title: "Memory", limit: "memoryBytes", per: "p95 of device-minutes", unit: "bytes" },
  { title: "Requests", limit: "requestsPerMinute", per: "a minute, p95 of device-minutes", unit: counted("/min") },
];
const MORE: readonly ShareChart[] = [
  { title: "Busiest second", limit: "requestsPerSecond", per: "requests, p95 of device-minutes", unit: counted("/s") },
  { title: "In flight", limit: "requestsInFlight", per: "requests, p95 of device-minutes", unit: counted("at once") },
  { title: "Bridge calls", limit: "bridgeCallsPerSecond", per: "a second, p95 of device-minutes", unit: counted("/s") },
  { title: "Storage", limit: "storageBytes", per: "p95 of device-minutes", unit: "bytes" },
  { title: "Cache", limit: "cacheBytes", per: "p95 of device-minutes", unit: "bytes" },
];

type CountLine = { of: ChartCount; name: string; tone: "second" | "throttled" | "blocked" | "ink" };
type CountChart = { title: string; lines: readonly CountLine[]; unit: Unit | "bytes" };
const BLOCKED: CountChart = {
  title: "Blocked",
  lines: [
    { of: "throttledMs", name: "throttled seconds", tone: "throttled" },
    { of: "blocked", name: "blocked", tone: "blocked" },
  ],
  unit: { scale: 1, text: "blocked", format: formatMeasure },
};
const COUNTS: readonly CountChart[] = [
  {
    title: "Data",
    lines: [
      { of: "bytesOut", name: "out", tone: "second" },
      { of: "bytesIn", name: "in", tone: "ink" },
    ],
    unit: "bytes",
  },
  {
    title: "Crashes",
    lines: [{ of: "crashes", name: "crashes", tone: "blocked" }],
    unit: counted("crashes"),
  },
];
const SECONDS = 1000;

type TelemetryChartsProps = { series: TelemetrySeries; isAll: boolean; onAll(isAll: boolean): void };

/** A y unit a chart, one time axis and one crosshair for all; those that are asked for less often when they are. */
export function TelemetryCharts({ series, isAll, onAll }: TelemetryChartsProps) {
  const { times, marks, bucketSeconds } = series;
  const events: ChartEvent[] = marks.map(({ at, kind, title, changeSetId }) => ({
    at,
    kind,
    title,
    href: changeSetId === null ? undefined : `/policy/${changeSetId}`,
  }));
  // The last point is the one under way.
  const common = { times, events, isLastRunning: true };
  const bucket = bucketWords(bucketSeconds);
  const shares = (charts: readonly ShareChart[]) =>
    charts.map((chart) => <ShareFrame key={chart.title} chart={chart} all={series} common={common} />);
  const counts = (charts: readonly CountChart[]) =>
    charts.map((chart) => <CountFrame key={chart.title} chart={chart} all={series} common={common} bucket={bucket} />);
  return (
    <>
      <div className="grid gap-4 two:grid-cols-2">
        {shares(FIRST)}
        {counts([BLOCKED, ...COUNTS])}
        {isAll && shares(MORE)}
      </div>
      <div>
        <Button aria-expanded={isAll} onClick={() => onAll(!isAll)}>
          {isAll ? "Show fewer charts" : `Show ${MORE.length} more charts`}
        </Button>
      </div>
    </>
  );
}

function bucketWords(seconds: number): string {
  if (seconds > 3600) return `${seconds / 3600} h`;
  if (seconds === 3600) return "an hour";
  return seconds > 60 ? `${seconds / 60} min` : "a minute";
}

type Common = { times: readonly string[]; events: readonly ChartEvent[]; isLastRunning: boolean };

function ShareFrame({ chart, all, common }: { chart: ShareChart; all: TelemetrySeries; common: Common }) {
  const { title, limit: name, per } = chart;
  const { p50, p95, max } = all.measures[MEASURE_OF_LIMIT[name]];
  const unit = chart.unit === "bytes" ? bytesUnit(greatestOf([max]) || (all.limits[name]?.max ?? 0)) : chart.unit;
  const limit = limitOf(all.limits[name], unit);
  const lines: readonly ChartSeries[] = [
    { name: "p95", tone: "ink", values: scaled(p95, unit), low: { name: "p50", values: scaled(p50, unit) } },
    { name: "greatest", tone: "greatest", values: scaled(max, unit) },
  ];
  return (
    <ChartFrame
      {...common}
      title={title}
      unit={chart.unit === "bytes" ? `${unit.text}, ${per}` : per}
      series={lines}
      limit={limit}
      format={unit.format}
      figure={(index) => figure(lines[0]?.values ?? [], index, limit?.max, unit)}
    />
  );
}

type CountFrameProps = { chart: CountChart; all: TelemetrySeries; common: Common; bucket: string };

function CountFrame({ chart, all, common, bucket }: CountFrameProps) {
  const { title, lines } = chart;
  const unit = chart.unit === "bytes" ? bytesUnit(greatestOf(lines.map(({ of }) => all.counts[of]))) : chart.unit;
  const series: readonly ChartSeries[] = lines.map(({ of, name, tone }) => ({
    ...{ name, tone },
    values: scaled(all.counts[of], of === "throttledMs" ? { ...unit, scale: SECONDS } : unit),
  }));
  return (
    <ChartFrame
      {...common}
      title={title}
      unit={`${chart.unit === "bytes" ? `${unit.text}, ` : ""}${bucket}, all devices`}
      legend={
        lines.length > 1 && (
          <span className="inline-flex flex-wrap gap-x-4">
            {lines.map(({ name, tone }) => (
              <LegendLine key={name} kind={tone === "ink" ? "p95" : tone}>
                {name}
              </LegendLine>
            ))}
          </span>
        )
      }
      series={series}
      format={unit.format}
      figure={(index) => (
        <>
          {figure(series.at(-1)?.values ?? [], index, undefined, unit)}
          {unit.isBytes && ` ${series.at(-1)?.name}`}
        </>
      )}
    />
  );
}

const greatestOf = (all: readonly (readonly (number | null)[])[]): number =>
  Math.max(0, ...all.flatMap((values) => values.map((value) => value ?? 0)));

const scaled = (values: readonly (number | null)[], { scale }: Unit): (number | null)[] =>
  values.map((value) => (value === null ? null : value / scale));

function limitOf(limit: { warn: number; max: number } | undefined, unit: Unit): ChartLimit | null {
  if (limit === undefined) return null;
  const [warn, max] = [limit.warn / unit.scale, limit.max / unit.scale];
  return { warn, max, label: `limit ${written(max, unit)}`, warnLabel: `warning ${written(warn, unit)}` };
}

/** As it is written where no axis says the unit: bytes in one of their own. */
const written = (value: number, { scale, format, isBytes }: Unit): string =>
  isBytes ? formatBytes(value * scale) : format(value);

/** "4,120 of 6,000 ms", "41 KiB of 50 MiB": under the crosshair, else the newest that is known. */
function figure(
  values: readonly (number | null)[],
  index: number | null,
  limit: number | undefined,
  unit: Unit,
): ReactNode {
  const value = index === null ? (values.findLast((known) => known !== null) ?? null) : (values[index] ?? null);
  if (value === null) return "no data";
  return (
    <>
      <strong className="text-ink">{written(value, unit)}</strong>
      {limit !== undefined && ` of ${written(limit, unit)}`}
      {!unit.isBytes && ` ${unit.text}`}
    </>
  );
}
