"use client";

import { Undo2 } from "lucide-react";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { useNow } from "@/components/blocks/now";
import { useSeededGroups } from "@/components/blocks/seeded";
import { titleSet } from "@/components/features/change-sets/describe-set";
import { useDecide } from "@/components/features/change-sets/use-decide";
import { Button } from "@/components/ui/button";
import { TextLink } from "@/components/ui/text-link";
import type { Overview } from "@/lib/contracts/overview";
import { formatCount } from "@/lib/format/count";
import { formatAge, formatDuration } from "@/lib/format/duration";
import { formatWhen } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";

/** The overview shows the newest; the rest is one step away. */
const SHOWN = 10;

type Row = Overview["recent"][number];

const atOf = (row: Row) => row.publishedAt ?? row.decidedAt ?? row.updatedAt;

/** What was decided, by whom, and how far it has come; undo stands beside the decision. */
export function RecentDecisions({ decisions }: { decisions: readonly Row[] }) {
  const nowMs = useNow();
  const undo = useDecide();
  const shown = decisions.slice(0, SHOWN);
  const seeded = useSeededGroups(shown, atOf);
  if (decisions.length === 0) {
    return <EmptyState title="No decision in 24 h">Published and refused change sets appear here.</EmptyState>;
  }
  const columns: Column<Row>[] = [
    {
      id: "at",
      head: "At",
      width: 140,
      priority: 2,
      cell: (row) => {
        const at = atOf(row);
        return (
          <>
            {formatWhen(at, nowMs)} <span className="text-muted">{formatAge(Date.parse(at), nowMs)}</span>
          </>
        );
      },
    },
    {
      id: "decision",
      head: "Decision",
      cell: (row) => (
        <span
          title={titleSet(row)}
          className="max-phone:my-1 max-phone:line-clamp-2 max-phone:whitespace-normal max-phone:wrap-anywhere"
        >
          {row.state === "refused" && <strong>Refused </strong>}
          {titleSet(row)}
        </span>
      ),
    },
    {
      id: "reason",
      head: "Reason",
      width: 176,
      priority: 4,
      cell: (row) => (
        <span className="text-muted">{row.state === "refused" ? (row.decisionReason ?? row.reason) : row.reason}</span>
      ),
    },
    { id: "by", head: "By", width: 132, priority: 2, cell: (row) => row.owner.name },
    {
      id: "approved",
      head: "Approved by",
      width: 140,
      priority: 3,
      cell: (row) =>
        row.decidedBy === null ? <span className="text-muted">takes one person</span> : row.decidedBy.name,
    },
    {
      id: "reached",
      head: "Devices reached",
      width: 120,
      isNumber: true,
      priority: 2,
      cell: (row) =>
        row.reached === null ? (
          "–"
        ) : (
          <>
            {formatCount(row.reached)} <span className="text-muted">of {formatCount(row.total ?? 0)}</span>
          </>
        ),
    },
    {
      id: "act",
      head: <span className="sr-only">Act</span>,
      width: 148,
      isNumber: true,
      cell: (row) =>
        row.allowedVerbs.includes("undo") && row.undoUntil !== null ? (
          <Button
            tone="quiet"
            size="small"
            busy={undo.isPending && "Undoing…"}
            onClick={() => undo.mutate({ id: row.id, verb: "undo" })}
          >
            <Undo2 size={14} aria-hidden />
            Undo, {formatDuration(Date.parse(row.undoUntil) - nowMs)} left
          </Button>
        ) : (
          <TextLink href={`/policy/${row.id}`} className="text-muted">
            {row.platformPosition === null
              ? `Change set ${row.number}`
              : `Revision ${formatRevision(row.platformPosition)}`}
          </TextLink>
        ),
    },
  ];
  return (
    <DataTable
      id="recent"
      caption="Recent decisions"
      columns={columns}
      rows={shown}
      keyOf={(row) => row.id}
      hrefOf={(row) => `/policy/${row.id}`}
      {...seeded}
    />
  );
}
