import Link from "next/link";
import type { Column } from "@/components/blocks/data-table";
import { Sparkline } from "@/components/blocks/sparkline";
import { Measure } from "@/components/features/measures/measure";
import { stateColumn, versionColumn } from "@/components/features/programs/program-columns";
import { Tile } from "@/components/ui/tile";
import type { ProgramRow } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import type { ProgramSort } from "@/lib/domain/program-lists";
import { about, formatCount } from "@/lib/format/count";

export const PROGRAM_COLUMN_NAMES = [
  { id: "name", name: "Program", isFixed: true },
  { id: "state", name: "State" },
  { id: "version", name: "Version" },
  { id: "publisher", name: "Publisher" },
  { id: "devices", name: "Devices, 24 h" },
  { id: "requests", name: "Requests, 24 h" },
  { id: "blocked", name: "Blocked, 24 h" },
  { id: "trend", name: "Blocked, 14 d" },
] as const;

/** `sort` is the column that the list is ordered by: numbers come greatest first, names in order. */
export function programColumns(sort: ProgramSort, onSort: (sort: ProgramSort) => void): Column<ProgramRow>[] {
  const sorted = (id: ProgramSort, direction: "asc" | "desc") => ({
    sort: sort === id ? direction : null,
    onSort: () => onSort(id),
  });
  return [
    {
      id: "name",
      head: "Program",
      ...sorted("name", "asc"),
      cell: (row) => (
        <Link href={`/programs/${row.appId}`} className="flex min-w-0 items-center gap-2 font-medium hover:underline">
          <Tile name={row.name} />
          <span className="truncate">
            <bdi>{row.name}</bdi>
          </span>
        </Link>
      ),
    },
    stateColumn,
    versionColumn,
    {
      id: "publisher",
      head: "Publisher",
      width: 148,
      priority: 4,
      cell: (row) => (
        <span className="text-muted">
          <bdi>{row.publisher.name}</bdi>
        </span>
      ),
    },
    {
      id: "devices",
      head: "Devices, 24 h",
      width: 104,
      isNumber: true,
      priority: 2,
      cell: (row) => (
        <Measure name="devices" of={row.appId} range="24h" value={row.devices24h}>
          {about(formatCount(row.devices24h), isEstimate(row.devices24h))}
        </Measure>
      ),
    },
    {
      id: "requests",
      head: "Requests, 24 h",
      width: 112,
      isNumber: true,
      priority: 4,
      ...sorted("requests", "desc"),
      cell: (row) => <Measure name="requests" of={row.appId} range="24h" value={row.requests24h} />,
    },
    {
      id: "blocked",
      head: "Blocked, 24 h",
      width: 104,
      isNumber: true,
      ...sorted("blocked", "desc"),
      cell: (row) => <Measure name="blocked" of={row.appId} range="24h" value={row.blocked24h} />,
    },
    {
      id: "trend",
      head: "Blocked, 14 d",
      width: 124,
      isNumber: true,
      priority: 3,
      cell: (row) => (
        <Sparkline values={row.blocked14d} tone="blocked" label={`${row.name}: blocked in each of the last 14 days`} />
      ),
    },
  ];
}
