"use client";

import type { ReactNode } from "react";
import { ChartFrame } from "@/components/blocks/chart-frame";
import { LegendLine } from "@/components/blocks/legend";
import type { ChartEvent, ChartLimit, ChartSeries } from "@/components/blocks/time-chart";
import { Button } from "@/components/ui/button";
import type { TelemetrySeries } from "@/lib/contracts/programs";
import type { ChartCount } from "@/lib/domain/measures/charted";
import { MEASURE_OF_LIMIT } from "@/lib/domain/measures/charted";
import { formatCount, formatMeasure } from "@/lib/format/count";
import type { LimitName } from "@/native/core/codes";

const MIB = 1024 * 1024;

/** One y unit a chart: what a value is divided by, and what stands behind it. */
type Unit = { scale: number; text: string; format(value: number): string };
const MILLISECONDS: Unit = { scale: 1, text: "ms", format: formatCount };
const MEBIBYTES: Unit = { scale: MIB, text: "MiB", format: formatMeasure };
const PER_MINUTE: Unit = { scale: 1, text: "/min", format: formatCount };
const PER_SECOND: Unit = { scale: 1, text: "/s", format: formatCount };
const AT_ONCE: Unit = { scale: 1, text: "at once", format: formatCount };

type ShareChart = { title: string; limit: LimitName; per: string; unit: Unit };
const FIRST: readonly ShareChart[] = [
  { title: "CPU time", limit: "cpuMsPerMinute", per: "a minute, p95 of device-minutes", unit: MILLISECONDS },
  { title: "Memory", limit: "memoryBytes", per: "p95 of device-minutes", unit: MEBIBYTES },
  { title: "Requests", limit: "requestsPerMinute", per: "a minute, p95 of device-minutes", unit: PER_MINUTE },
];
const MORE: readonly ShareChart[] = [
  { title: "Busiest second", limit: "requestsPerSecond", per: "requests, p95 of device-minutes", unit: PER_SECOND },
  { title: "In flight", limit: "requestsInFlight", per: "requests, p95 of device-minutes", unit: AT_ONCE },
  { title: "Bridge calls", limit: "bridgeCallsPerSecond", per: "a second, p95 of device-minutes", unit: PER_SECOND },
  { title: "Storage", limit: "storageBytes", per: "p95 of device-minutes", unit: MEBIBYTES },
  { title: "Cache", limit: "cacheBytes", per: "p95 of device-minutes", unit: MEBIBYTES },
];

type CountLine = { of: ChartCount; name: string; tone: "second" | "throttled" | "blocked" | "ink" };
type CountChart = { title: string; lines: readonly CountLine[]; unit: Unit };
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
    unit: { scale: MIB, text: "MiB in", format: formatMeasure },
  },
  {
    title: "Crashes",
    lines: [{ of: "crashes", name: "crashes", tone: "blocked" }],
    unit: { scale: 1, text: "crashes", format: formatCount },
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
  const { title, limit: name, per, unit } = chart;
  const { p50, p95, max } = all.measures[MEASURE_OF_LIMIT[name]];
  const limit = limitOf(all.limits[name], unit);
  const lines: readonly ChartSeries[] = [
    { name: "p95", tone: "ink", values: scaled(p95, unit), low: { name: "p50", values: scaled(p50, unit) } },
    { name: "greatest", tone: "greatest", values: scaled(max, unit) },
  ];
  return (
    <ChartFrame
      {...common}
      title={title}
      unit={per}
      series={lines}
      limit={limit}
      format={unit.format}
      figure={(index) => figure(lines[0]?.values ?? [], index, limit?.max, unit)}
    />
  );
}

type CountFrameProps = { chart: CountChart; all: TelemetrySeries; common: Common; bucket: string };

function CountFrame({ chart, all, common, bucket }: CountFrameProps) {
  const { title, lines, unit } = chart;
  const series: readonly ChartSeries[] = lines.map(({ of, name, tone }) => ({
    ...{ name, tone },
    values: scaled(all.counts[of], of === "throttledMs" ? { ...unit, scale: SECONDS } : unit),
  }));
  return (
    <ChartFrame
      {...common}
      title={title}
      unit={`${bucket}, all devices`}
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
      figure={(index) => figure(series.at(-1)?.values ?? [], index, undefined, unit)}
    />
  );
}

const scaled = (values: readonly (number | null)[], { scale }: Unit): (number | null)[] =>
  values.map((value) => (value === null ? null : value / scale));

function limitOf(limit: { warn: number; max: number } | undefined, { scale, format }: Unit): ChartLimit | null {
  if (limit === undefined) return null;
  const [warn, max] = [limit.warn / scale, limit.max / scale];
  return { warn, max, label: `limit ${format(max)}`, warnLabel: `warning ${format(warn)}` };
}

/** "4,120 of 6,000 ms": under the crosshair, else the newest that is known. */
function figure(
  values: readonly (number | null)[],
  index: number | null,
  limit: number | undefined,
  { text, format }: Unit,
): ReactNode {
  const value = index === null ? (values.findLast((known) => known !== null) ?? null) : (values[index] ?? null);
  if (value === null) return "no data";
  return (
    <>
      <strong className="text-ink">{format(value)}</strong>
      {limit === undefined ? ` ${text}` : ` of ${format(limit)} ${text}`}
    </>
  );
}
