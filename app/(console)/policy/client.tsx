"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Toolbar } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { ChangeSetState } from "@/components/features/change-sets/change-set-state";
import { titleSet, weighSet } from "@/components/features/change-sets/describe-set";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import type { ChangeSetList, ChangeSetView } from "@/lib/contracts/change-sets";
import { plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { changeSetListQuery, readOlderChangeSets } from "@/lib/queries/change-sets";
import { readState, type SetList } from "./search-params";

const COLUMNS: Column<ChangeSetView>[] = [
  { id: "number", head: "Set", width: 52, isNumber: true, cell: (row) => row.number },
  { id: "state", head: "State", width: 148, cell: (row) => <ChangeSetState state={row.state} /> },
  {
    id: "title",
    head: "What it changes",
    cell: (row) => (
      <span
        title={titleSet(row)}
        className="max-phone:my-1 max-phone:line-clamp-3 max-phone:whitespace-normal max-phone:wrap-anywhere"
      >
        {titleSet(row)}
      </span>
    ),
  },
  { id: "weight", head: "Weight", width: 176, priority: 2, cell: (row) => weighSet(row) },
  { id: "owner", head: "By", width: 132, priority: 2, cell: (row) => row.owner.name },
  {
    id: "decided",
    head: "Decided by",
    width: 132,
    priority: 3,
    cell: (row) => (
      <span className={row.decidedBy ? "" : "text-muted"}>
        <bdi>{row.decidedBy?.name ?? "–"}</bdi>
      </span>
    ),
  },
  {
    id: "revision",
    head: "Revision",
    width: 80,
    isNumber: true,
    priority: 3,
    cell: (row) => formatRevision(row.platformPosition),
  },
  {
    id: "at",
    head: "Changed",
    width: 96,
    isNumber: true,
    priority: 2,
    cell: (row) => <RelativeTime at={row.updatedAt} />,
  },
];

const LISTS = [
  { value: "open", label: "Open" },
  { value: "ended", label: "Ended" },
  { value: "all", label: "All" },
] as const;

/** Drafts and proposals of everyone who may propose; what ended is here to look up. */
export function PolicyClient() {
  const { params, change } = useUrlState();
  const state = readState(params.get("state"));
  const query = useQuery(changeSetListQuery(state));
  const waiting = (query.data?.items ?? []).filter(({ allowedVerbs }) => allowedVerbs.includes("approve")).length;
  return (
    <PageMain>
      <PageHead
        title="Policy"
        sub={
          waiting > 0
            ? `${plural(waiting, "proposal")} ${waiting === 1 ? "waits" : "wait"} for your approval.`
            : "Change sets: drafts, proposals, and what came of them."
        }
      />
      <Toolbar>
        <Segmented label="Change sets" value={state} options={LISTS} onChange={(next) => change({ state: next })} />
      </Toolbar>
      <QueryView query={query} name="Change sets" unaffected="Devices and what is published are unaffected.">
        {(list) => <Sets key={state} list={list} state={state} />}
      </QueryView>
    </PageMain>
  );
}

function Sets({ list, state }: { list: ChangeSetList; state: SetList }) {
  const [older, setOlder] = useState<{ rows: ChangeSetView[]; next: string | null } | null>(null);
  const next = older === null ? list.nextCursor : older.next;
  const known = new Set(list.items.map(({ id }) => id));
  const rows = [...list.items, ...(older?.rows ?? []).filter(({ id }) => !known.has(id))];
  const readMore = async () => {
    if (next === null) return;
    const page = await readOlderChangeSets(state, next);
    setOlder({ rows: [...(older?.rows ?? []), ...page.items], next: page.nextCursor });
  };
  return (
    <Panel
      footer={
        next !== null && (
          <Button tone="quiet" size="small" onClick={() => void readMore()}>
            Show older
          </Button>
        )
      }
    >
      {rows.length === 0 ? (
        <EmptyState title={state === "open" ? "Nothing is open" : "Nothing here yet"}>
          An edit of a grant, a host or a limit begins a draft; proposals of others wait here for approval.
        </EmptyState>
      ) : (
        <DataTable
          id="change-sets"
          caption="Change sets"
          columns={COLUMNS}
          rows={rows}
          keyOf={(row) => row.id}
          hrefOf={(row) => `/policy/${row.id}`}
        />
      )}
    </Panel>
  );
}
