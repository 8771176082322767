"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { Panel } from "@/components/blocks/panel";
import type { Readiness } from "@/lib/contracts/readiness";
import { QUEUES } from "@/lib/domain/readiness-names";
import { formatCount } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";

type Queue = Readiness["queues"][number];

const columns: Column<Queue>[] = [
  {
    id: "name",
    head: "Queue",
    cell: ({ name }) => QUEUES[name],
    cellClass: () => "whitespace-normal py-1",
  },
  {
    id: "now",
    head: <span title="What waits for its turn">Wait</span>,
    width: 56,
    isNumber: true,
    cell: ({ waiting }) => formatCount(waiting),
  },
  {
    id: "running",
    head: <span title="What has its turn">Run</span>,
    width: 52,
    isNumber: true,
    cell: ({ running }) => formatCount(running),
  },
  {
    id: "longest",
    head: <span title="The longest wait in the last minute">Longest</span>,
    width: 76,
    isNumber: true,
    cell: ({ longestWaitMs }) => formatDuration(longestWaitMs),
  },
  {
    id: "refused",
    head: "Sent away",
    width: 82,
    isNumber: true,
    cell: ({ refusedLately }) => formatCount(refusedLately),
  },
];

/** What waits for its turn and what has it, and who was sent away in the last minute to ask again later. */
export function QueuesPanel({ queues }: { queues: readonly Queue[] }) {
  return (
    <Panel title="Queues" about="now">
      <DataTable id="queues" caption="Queues" columns={columns} rows={queues} keyOf={({ name }) => name} />
    </Panel>
  );
}
