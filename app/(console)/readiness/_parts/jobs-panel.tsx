"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { Panel } from "@/components/blocks/panel";
import type { Readiness } from "@/lib/contracts/readiness";
import { JOBS } from "@/lib/domain/readiness-names";
import { formatCount } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";

type Job = Readiness["jobs"][number];

const columns: Column<Job>[] = [
  {
    id: "name",
    head: "Job",
    cell: ({ name }) => JOBS[name],
    cellClass: () => "whitespace-normal py-1",
  },
  {
    id: "last",
    head: "Last",
    width: 92,
    isNumber: true,
    cell: ({ lastMs, runningMs }) =>
      runningMs !== null ? `runs ${formatDuration(runningMs)}` : lastMs === null ? "–" : formatDuration(lastMs),
  },
  {
    id: "longest",
    head: "Longest",
    width: 72,
    isNumber: true,
    cell: ({ longestMs }) => (longestMs === null ? "–" : formatDuration(longestMs)),
  },
  { id: "failed", head: "Failed", width: 56, isNumber: true, cell: ({ failures }) => formatCount(failures) },
];

/** What the server does by itself, since it started. */
export function JobsPanel({ jobs }: { jobs: readonly Job[] }) {
  return (
    <Panel title="Jobs" about="since the start">
      <DataTable id="jobs" caption="Jobs" columns={columns} rows={jobs} keyOf={({ name }) => name} />
    </Panel>
  );
}
