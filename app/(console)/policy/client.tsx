"use client";

import { useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { MoreRows } from "@/components/blocks/more-rows";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { useSeededGroups } from "@/components/blocks/seeded";
import { Toolbar } from "@/components/blocks/toolbar";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { useUrlState } from "@/components/blocks/use-url-state";
import { ChangeSetState } from "@/components/features/change-sets/change-set-state";
import { titleSet, weighSet } from "@/components/features/change-sets/describe-set";
import { Segmented } from "@/components/ui/segmented";
import type { ChangeSetList, ChangeSetView } from "@/lib/contracts/change-sets";
import { atLeast } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { changeSetListQuery, readOlderChangeSets } from "@/lib/queries/change-sets";
import { sessionQuery } from "@/lib/queries/session";
import { readState, type SetList } from "./search-params";

const COLUMNS: Column<ChangeSetView>[] = [
  { id: "number", head: "Set", width: 52, isNumber: true, cell: (row) => row.number },
  { id: "state", head: "State", width: 148, priority: 2, cell: (row) => <ChangeSetState state={row.state} /> },
  {
    id: "title",
    head: "What it changes",
    cell: (row) => (
      <span
        title={titleSet(row)}
        className="max-phone:my-1 max-phone:line-clamp-3 max-phone:whitespace-normal max-phone:wrap-anywhere"
      >
        <span className="@xl:hidden">
          <ChangeSetState state={row.state} />{" "}
        </span>
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
  const { changeSets: waiting = 0, isMore = false } = useQuery(sessionQuery()).data?.counts ?? {};
  return (
    <PageMain>
      <PageHead
        title="Policy"
        sub={
          waiting > 0
            ? `${atLeast(waiting, isMore)} ${waiting === 1 && !isMore ? "change set waits" : "change sets wait"} for you to approve or publish.`
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

const keyOf = (row: ChangeSetView) => row.id;

function Sets({ list, state }: { list: ChangeSetList; state: SetList }) {
  const more = useMoreRows(list, keyOf, state, (cursor) => readOlderChangeSets(state, cursor));
  const seeded = useSeededGroups(more.rows, (row) => row.publishedAt ?? row.decidedAt ?? row.updatedAt);
  return (
    <Panel footer={more.hasMore && <MoreRows more={more} verb="Show older" />}>
      {more.rows.length === 0 ? (
        <EmptyState title={state === "open" ? "Nothing is open" : "Nothing here yet"}>
          An edit of a grant, a host or a limit begins a draft; proposals of others wait here for approval.
        </EmptyState>
      ) : (
        <DataTable
          id="change-sets"
          caption="Change sets"
          columns={COLUMNS}
          rows={more.rows}
          total={more.hasMore ? null : more.rows.length}
          keyOf={keyOf}
          hrefOf={(row) => `/policy/${row.id}`}
          {...seeded}
        />
      )}
    </Panel>
  );
}
