"use client";

import type { ReactNode } from "react";
import { ChartFrame } from "@/components/blocks/chart-frame";
import { LegendLine } from "@/components/blocks/legend";
import type { ChartEvent, ChartSeries } from "@/components/blocks/time-chart";
import type { TelemetrySeries } from "@/lib/contracts/programs";
import { formatCount, formatMeasure } from "@/lib/format/count";

const MIB = 1024 * 1024;

/** Four charts with one y unit each, one time axis and one crosshair for all. */
export function TelemetryCharts({ series }: { series: TelemetrySeries }) {
  const { points, limits, marks, bucketSeconds } = series;
  const times = points.map(({ at }) => at);
  const events: ChartEvent[] = marks.map(({ at, kind, title, changeSetId }) => ({
    at,
    kind,
    title,
    href: changeSetId === null ? undefined : `/policy/${changeSetId}`,
  }));
  const bucket = bucketSeconds >= 3600 ? "an hour" : bucketSeconds > 60 ? `${bucketSeconds / 60} min` : "a minute";
  // The last point is the one under way.
  const common = { times, events, isLastRunning: true };
  const inMib = (value: number | null) => (value === null ? null : value / MIB);
  return (
    <div className="grid gap-4 two:grid-cols-2">
      <ChartFrame
        {...common}
        title="CPU time"
        unit="a minute, p95 of device-minutes"
        series={[
          band(
            "p95",
            points.map((p) => p.cpuMsP95),
            points.map((p) => p.cpuMsP50),
          ),
        ]}
        limit={limitOf(limits.cpuMsPerMinute, 1, formatCount)}
        format={formatCount}
        figure={(index) =>
          figure(
            points.map((p) => p.cpuMsP95),
            index,
            limits.cpuMsPerMinute?.max,
            "ms",
            formatCount,
          )
        }
      />
      <ChartFrame
        {...common}
        title="Memory"
        unit="p95 of device-minutes"
        series={[
          band(
            "p95",
            points.map((p) => inMib(p.memoryBytesP95)),
            points.map((p) => inMib(p.memoryBytesP50)),
          ),
        ]}
        limit={limitOf(limits.memoryBytes, MIB, formatMeasure)}
        format={formatMeasure}
        figure={(index) =>
          figure(
            points.map((p) => inMib(p.memoryBytesP95)),
            index,
            limits.memoryBytes === null ? undefined : limits.memoryBytes.max / MIB,
            "MiB",
            formatMeasure,
          )
        }
      />
      <ChartFrame
        {...common}
        title="Requests"
        unit="a minute, p95 of device-minutes"
        series={[
          band(
            "p95",
            points.map((p) => p.requestsP95),
            points.map((p) => p.requestsP50),
          ),
        ]}
        limit={limitOf(limits.requestsPerMinute, 1, formatCount)}
        format={formatCount}
        figure={(index) =>
          figure(
            points.map((p) => p.requestsP95),
            index,
            limits.requestsPerMinute?.max,
            "/min",
            formatCount,
          )
        }
      />
      <ChartFrame
        {...common}
        title="Blocked"
        unit={`${bucket}, all devices`}
        legend={
          <span className="inline-flex flex-wrap gap-x-4">
            <LegendLine kind="throttled">throttled, seconds</LegendLine>
            <LegendLine kind="blocked">blocked</LegendLine>
          </span>
        }
        series={[
          {
            name: "throttled seconds",
            tone: "throttled",
            values: points.map(({ throttledMs }) => (throttledMs === null ? null : throttledMs / 1000)),
          },
          { name: "blocked", tone: "blocked", values: points.map(({ blocked }) => blocked) },
        ]}
        format={formatMeasure}
        figure={(index) =>
          figure(
            points.map((p) => p.blocked),
            index,
            undefined,
            "blocked",
            formatCount,
          )
        }
      />
    </div>
  );
}

function band(name: string, values: (number | null)[], low: (number | null)[]): ChartSeries {
  return { name, tone: "ink", values, low };
}

function limitOf(
  limit: { warn: number; max: number } | null,
  scale: number,
  format: (value: number) => string,
): { warn: number; max: number; label: string; warnLabel: string } | null {
  if (limit === null) return null;
  const warn = limit.warn / scale;
  const max = limit.max / scale;
  return { warn, max, label: `limit ${format(max)}`, warnLabel: `warning ${format(warn)}` };
}

/** "4,120 of 6,000 ms": under the crosshair, else the newest that is known. */
function figure(
  values: readonly (number | null)[],
  index: number | null,
  limit: number | undefined,
  unit: string,
  format: (value: number) => string,
): ReactNode {
  const value = index === null ? (values.findLast((known) => known !== null) ?? null) : (values[index] ?? null);
  if (value === null) return "no data";
  return (
    <>
      <strong className="text-ink">{format(value)}</strong>
      {limit === undefined ? ` ${unit}` : ` of ${format(limit)} ${unit}`}
    </>
  );
}
