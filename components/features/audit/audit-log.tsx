"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { LivePill } from "@/components/blocks/live-pill";
import { loadedPart } from "@/components/blocks/loaded-part";
import { MoreRows } from "@/components/blocks/more-rows";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { useSeededGroups } from "@/components/blocks/seeded";
import { useHeldRows } from "@/components/blocks/use-held-rows";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { useUrlState } from "@/components/blocks/use-url-state";
import type { AuditEntryView, AuditList } from "@/lib/contracts/audit";
import { formatCount } from "@/lib/format/count";
import { formatDay, formatTimeWithSeconds } from "@/lib/format/instant";
import { type AuditFilter, auditListQuery, readOlderAudit } from "@/lib/queries/audit";
import { ActorName } from "./actor-name";
import { SubjectLink } from "./subject-link";

const EntryPanel = loadedPart(() => import("./entry-panel").then((part) => part.EntryPanel));

const keyOf = (row: AuditEntryView) => String(row.sequence);

const COLUMNS: Column<AuditEntryView>[] = [
  { id: "sequence", head: "Entry", width: 76, isNumber: true, cell: (row) => formatCount(row.sequence) },
  {
    id: "at",
    head: "At, UTC",
    width: 136,
    priority: 2,
    cell: (row) => (
      <>
        <span className="text-muted">{formatDay(row.at)}</span> {formatTimeWithSeconds(row.at)}
      </>
    ),
  },
  { id: "who", head: "Who", width: 148, priority: 2, cell: (row) => <ActorName actor={row.actor} /> },
  { id: "action", head: "Action", width: 180, cell: (row) => <code>{row.action}</code> },
  {
    id: "object",
    head: "Object",
    priority: 2,
    cell: (row) => <SubjectLink entry={row} />,
  },
  {
    id: "reason",
    head: "Reason",
    priority: 4,
    cell: (row) => (
      <span className="text-muted">
        <bdi>{row.reason ?? ""}</bdi>
      </span>
    ),
  },
];

type AuditLogProps = { filter: AuditFilter; renderSide(panel: ReactNode): ReactNode };

/** Entries, newest first; new ones wait behind a pill. One opened shows before and after, and its place in the chain. */
export function AuditLog({ filter, renderSide }: AuditLogProps) {
  const { params, change } = useUrlState();
  const query = useQuery(auditListQuery(filter));
  const selected = params.get("entry");
  const sequence = Number(selected ?? "");
  return (
    <>
      <QueryView query={query} name="The audit log" unaffected="Devices and publishing are unaffected.">
        {(list) => (
          <Entries
            key={JSON.stringify(filter)}
            list={list}
            filter={filter}
            selected={selected}
            onSelect={(row) => change({ entry: String(row.sequence) })}
          />
        )}
      </QueryView>
      {selected !== null &&
        Number.isSafeInteger(sequence) &&
        sequence > 0 &&
        renderSide(
          <EntryPanel
            key={sequence}
            sequence={sequence}
            onStep={(to) => change({ entry: String(to) })}
            onClose={() => change({ entry: null })}
          />,
        )}
    </>
  );
}

type EntriesProps = {
  list: AuditList;
  filter: AuditFilter;
  selected: string | null;
  onSelect(row: AuditEntryView): void;
};

function Entries({ list, filter, selected, onSelect }: EntriesProps) {
  const held = useHeldRows(list.items, keyOf, JSON.stringify(filter));
  const more = useMoreRows({ items: held.rows, nextCursor: list.nextCursor }, keyOf, JSON.stringify(filter), (cursor) =>
    readOlderAudit(filter, cursor),
  );
  const seeded = useSeededGroups(more.rows, (row) => row.at);
  return (
    <Panel
      title="Entries"
      about={`${list.total.isExact ? "" : "at least "}${formatCount(list.total.atLeast)} in all`}
      actions={<LivePill count={held.newCount} onShow={held.show} />}
      footer={more.hasMore && <MoreRows more={more} verb="Show older" />}
    >
      {more.rows.length === 0 ? (
        <EmptyState title={more.hasMore ? "No entry of late fits" : "No entry fits"}>
          {more.hasMore
            ? "The newest 10,000 entries were searched; older ones are when they are asked for."
            : "Every decision, sign-in and signature appears here as it happens."}
        </EmptyState>
      ) : (
        <DataTable
          id="audit"
          caption="Audit entries"
          columns={COLUMNS}
          rows={more.rows}
          total={list.total.isExact || !more.hasMore ? list.total.atLeast : null}
          keyOf={keyOf}
          selectedKey={selected}
          onSelect={onSelect}
          {...seeded}
        />
      )}
    </Panel>
  );
}
