"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Sparkline } from "@/components/blocks/sparkline";
import type { DenialCause } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount } from "@/lib/format/count";
import { formatDay } from "@/lib/format/instant";
import { codeColumn, purposeColumn, targetColumn, timesColumn } from "./cause-columns";

/** Throttling is not blocking: it has a tone and a mark of its own. */
function toneOf(cause: DenialCause): "throttled" | "blocked" {
  return cause.code === "RATE_LIMITED" ? "throttled" : "blocked";
}

const COLUMNS: Column<DenialCause>[] = [
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
  timesColumn,
  {
    id: "devices",
    head: "Devices",
    width: 72,
    isNumber: true,
    priority: 2,
    cell: (row) => about(formatCount(row.devices), isEstimate(row.devices)),
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

/** What is refused, how often, on how many devices; one row a cause. */
export function DenialCauses({ causes }: { causes: readonly DenialCause[] }) {
  return (
    <DataTable
      id="denial-causes"
      caption="Denials by cause"
      columns={COLUMNS}
      rows={causes}
      keyOf={(row) => row.cause}
    />
  );
}
