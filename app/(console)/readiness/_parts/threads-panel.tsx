"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { Panel } from "@/components/blocks/panel";
import type { Readiness } from "@/lib/contracts/readiness";
import { THREADS } from "@/lib/domain/readiness-names";
import { formatCount } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";

type Thread = Readiness["threads"][number];

const columns: Column<Thread>[] = [
  { id: "name", head: "Thread", cell: ({ name }) => THREADS[name] },
  { id: "state", head: "State", width: 76, cell: ({ state }) => state },
  {
    id: "late",
    head: "Late",
    width: 72,
    isNumber: true,
    cell: ({ lagMaxMs }) => (lagMaxMs === null ? "–" : formatDuration(lagMaxMs)),
  },
  { id: "starts", head: "Starts", width: 56, isNumber: true, cell: ({ starts }) => formatCount(starts) },
];

/** What the server runs beside each other, and how late each came to its work at worst. */
export function ThreadsPanel({ threads }: { threads: readonly Thread[] }) {
  return (
    <Panel title="Threads" about="in the last minute">
      <DataTable id="threads" caption="Threads" columns={columns} rows={threads} keyOf={({ name }) => name} />
    </Panel>
  );
}
