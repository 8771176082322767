"use client";

import { Table2 } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { Button } from "@/components/ui/button";
import { Table, Td, Th } from "@/components/ui/table";
import { formatInstant } from "@/lib/format/instant";
import { useCrosshair } from "./crosshair";
import { Panel } from "./panel";
import { greatestOf, shownLines, TimeChart, type TimeChartProps } from "./time-chart";

type ChartFrameProps = Omit<TimeChartProps, "title" | "summary"> & {
  title: string;
  /** "a minute, p95 of device-minutes": the unit is said once, here. */
  unit: string;
  /** What stands at the right for the newest point, or for the one under the crosshair. */
  figure(index: number | null): ReactNode;
  legend?: ReactNode;
  format(value: number): string;
};

/** A limit so many times above all data leaves them a line on the ground: they are drawn without it. */
const FAR = 5;

/** The only home of charts: title, unit, figure, the drawing, and the same numbers as a table. */
export function ChartFrame({ title, unit, figure, legend, ...chart }: ChartFrameProps) {
  const [isTable, setTable] = useState(false);
  const [isLimitSeen, setLimitSeen] = useState(false);
  const greatest = greatestOf(chart.series);
  const { limit } = chart;
  const isFar = limit != null && greatest > 0 && limit.max > FAR * greatest;
  const instants = useMemo(() => chart.times.map((at) => new Date(at).getTime()), [chart.times]);
  const { index } = useCrosshair(instants);
  return (
    <Panel
      title={title}
      isAboutLong
      about={
        <span className="inline-flex flex-wrap items-center gap-x-4">
          {unit}
          {legend}
        </span>
      }
      actions={
        <>
          <span className="text-muted">{figure(index)}</span>
          <Button
            tone="quiet"
            size="icon-small"
            aria-label={isTable ? `Show ${title} as a chart` : `Show ${title} as a table`}
            aria-pressed={isTable}
            onClick={() => setTable(!isTable)}
          >
            <Table2 size={14} aria-hidden />
          </Button>
        </>
      }
    >
      <div className="px-4 pt-3 pb-2">
        {isFar && !isTable && (
          // Where the limit's own word would stand.
          <div className="-mb-4 flex justify-end max-phone:mb-0">
            <Button tone="quiet" size="small" onClick={() => setLimitSeen(!isLimitSeen)}>
              {isLimitSeen ? "Fit to the data" : `${limit.label} is far above`}
            </Button>
          </div>
        )}
        {isTable ? (
          <SeriesTable title={title} {...chart} />
        ) : (
          <TimeChart
            title={title}
            summary={summarise(title, unit, chart)}
            {...chart}
            isFitted={isFar && !isLimitSeen}
          />
        )}
      </div>
    </Panel>
  );
}

function SeriesTable({ title, times, series, format }: Pick<ChartFrameProps, "title" | "times" | "series" | "format">) {
  const rows = times.map((at, index) => ({ at, index })).reverse();
  const lines = shownLines(series);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section aria-label={`${title}, all points`} tabIndex={0} className="h-49 overflow-y-auto">
      <Table aria-label={title}>
        <thead>
          <tr>
            <Th>At</Th>
            {lines.map(({ name }) => (
              <Th key={name} isNumber>
                {name}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, index }) => (
            <tr key={at}>
              <Td className="h-6">{formatInstant(at)}</Td>
              {lines.map(({ name, values }) => (
                <Td key={name} isNumber className="h-6">
                  {values[index] === null || values[index] === undefined ? "no data" : format(values[index])}
                </Td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function summarise(title: string, unit: string, chart: Pick<ChartFrameProps, "series" | "limit" | "format">): string {
  const parts = chart.series.map(({ name, values }) => {
    const known = values.filter((value): value is number => value !== null);
    if (known.length === 0) return `${name}: no data`;
    return `${name}: newest ${chart.format(known.at(-1) ?? 0)}, greatest ${chart.format(Math.max(...known))}`;
  });
  const limit = chart.limit
    ? ` Limit ${chart.format(chart.limit.max)}, warning ${chart.format(chart.limit.warn)}.`
    : "";
  return `${title}, ${unit}. ${parts.join("; ")}.${limit} The arrow keys move through the points.`;
}
