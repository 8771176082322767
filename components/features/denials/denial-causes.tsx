"use client";

import Link from "next/link";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Sparkline } from "@/components/blocks/sparkline";
import type { DenialCause } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount } from "@/lib/format/count";
import { formatDay } from "@/lib/format/instant";
import { OTHER } from "@/native/core/telemetry/batch";

/** Throttling is not blocking: it has a tone and a mark of its own. */
function toneOf(cause: DenialCause): "throttled" | "blocked" {
  return cause.code === "RATE_LIMITED" ? "throttled" : "blocked";
}

/** What a cause is about, as people name it. */
export const nameOfCause = ({ cause, target }: DenialCause): string =>
  cause === OTHER ? "Other causes, counted together" : target;

/** Where the column of codes has given way, the code stands with its target. */
function CauseName({ cause }: { cause: DenialCause }) {
  if (cause.cause === OTHER) {
    return <span title="Past the 200 most frequent of a day they are not told apart.">{nameOfCause(cause)}</span>;
  }
  return (
    <code title={`${cause.code} ${cause.target}`}>
      {cause.target} <span className="@xl:hidden text-muted">{cause.code}</span>
    </code>
  );
}

const COLUMNS: Column<DenialCause>[] = [
  {
    id: "code",
    head: "Code",
    width: 200,
    priority: 2,
    cell: (row) => (row.cause === OTHER ? "–" : <code title={row.code}>{row.code}</code>),
  },
  { id: "layer", head: "Layer", width: 88, priority: 3, cell: (row) => row.layer || "–" },
  {
    id: "target",
    head: "Host or capability",
    cell: (row) =>
      row.newestDenialId === null ? (
        <CauseName cause={row} />
      ) : (
        <Link href={`/denials/${encodeURIComponent(row.newestDenialId)}`} className="hover:underline">
          <CauseName cause={row} />
        </Link>
      ),
  },
  { id: "purpose", head: "Purpose", width: 84, priority: 4, cell: (row) => row.purpose ?? "–" },
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
  { id: "times", head: "Times", width: 72, isNumber: true, cell: (row) => formatCount(row.times) },
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
