"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Sparkline } from "@/components/blocks/sparkline";
import { Measure } from "@/components/features/measures/measure";
import type { DenialCause } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import type { TimeRange } from "@/lib/domain/time-ranges";
import { about, formatCount, plural } from "@/lib/format/count";
import { formatDay } from "@/lib/format/instant";
import { codeColumn, purposeColumn, targetColumn, timesColumn } from "./cause-columns";

/** Throttling is not blocking: it has a tone and a mark of its own. */
function toneOf(cause: DenialCause): "throttled" | "blocked" {
  return cause.code === "RATE_LIMITED" ? "throttled" : "blocked";
}

/** `of` is the program, `range` what it is counted over: a number of the same is the same on every page. */
const columnsOf = (of: string, range: TimeRange): Column<DenialCause>[] => [
  codeColumn,
  { id: "layer", head: "Layer", width: 88, priority: 3, cell: (row) => row.layer || "–" },
  targetColumn,
  purposeColumn,
  {
    id: "since",
    head: "Since",
    width: 108,
    priority: 4,
    cell: (row) => (
      <>
        {row.sinceVersion !== null && <strong>v{row.sinceVersion} </strong>}
        <span className="text-muted">{formatDay(row.firstAt)}</span>
      </>
    ),
  },
  {
    ...timesColumn,
    cell: (row) => <Measure name="refused" of={`${of} ${row.cause}`} range={range} value={row.times} />,
  },
  {
    id: "devices",
    head: "Devices",
    width: 72,
    isNumber: true,
    priority: 2,
    cell: (row) => (
      <Measure name="refusedDevices" of={`${of} ${row.cause}`} range={range} value={row.devices}>
        {about(formatCount(row.devices), isEstimate(row.devices))}
      </Measure>
    ),
  },
  {
    id: "trend",
    head: "Trend",
    width: 116,
    isNumber: true,
    priority: 3,
    cell: (row) => (
      <Sparkline values={row.trend} tone={toneOf(row)} label={`${row.code || "Other causes"}: trend over the range`} />
    ),
  },
  { id: "last", head: "Last", width: 96, isNumber: true, priority: 2, cell: (row) => <RelativeTime at={row.lastAt} /> },
];

type DenialCausesProps = {
  appId: string;
  range: TimeRange;
  version?: number | undefined;
  causes: readonly DenialCause[];
};

/** "24 h, 120 times": the sum of all causes, those that are not shown included. */
export function RefusedTimes({ appId, times }: { appId: string; times: number }) {
  return (
    <>
      24 h,{" "}
      <Measure name="refused" of={appId} range="24h" value={times}>
        {plural(times, "time")}
      </Measure>
    </>
  );
}

/** What is refused, how often, on how many devices; one row a cause. */
export function DenialCauses({ appId, range, version, causes }: DenialCausesProps) {
  const of = version === undefined ? appId : `${appId} v${version}`;
  return (
    <DataTable
      id="denial-causes"
      caption="Denials by cause"
      columns={columnsOf(of, range)}
      rows={causes}
      keyOf={(row) => row.cause}
    />
  );
}
