"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { MoreRows } from "@/components/blocks/more-rows";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Sparkline } from "@/components/blocks/sparkline";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { Measure } from "@/components/features/measures/measure";
import { stateColumn, versionColumn } from "@/components/features/programs/program-columns";
import { TextLink } from "@/components/ui/text-link";
import { Tile } from "@/components/ui/tile";
import type { PortalProgramList, PortalProgramRow } from "@/lib/contracts/portal";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount, plural } from "@/lib/format/count";
import { portalProgramsQuery, readMorePortalPrograms } from "@/lib/queries/portal";

const keyOf = (row: PortalProgramRow) => row.appId;
const hrefOf = (row: PortalProgramRow) => `/portal/programs/${row.appId}`;

const COLUMNS: Column<PortalProgramRow>[] = [
  {
    id: "name",
    head: "Program",
    cell: (row) => (
      <Link href={hrefOf(row)} className="flex min-w-0 items-center gap-2 font-medium hover:underline">
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
    priority: 3,
    cell: (row) => <Measure name="requests" of={row.appId} range="24h" value={row.requests24h} />,
  },
  {
    id: "blocked",
    head: "Blocked, 24 h",
    width: 104,
    isNumber: true,
    priority: 2,
    cell: (row) => <Measure name="blocked" of={row.appId} range="24h" value={row.blocked24h} />,
  },
  {
    id: "trend",
    head: "Blocked, 14 d",
    width: 124,
    isNumber: true,
    priority: 4,
    cell: (row) => (
      <Sparkline values={row.blocked14d} tone="blocked" label={`${row.name}: blocked in each of the last 14 days`} />
    ),
  },
];

/** What a developer comes to first: the programs of their publisher. */
export function PortalProgramsClient() {
  const query = useQuery(portalProgramsQuery());
  return (
    <PageMain>
      <PageHead
        title="My programs"
        {...(query.data === undefined
          ? {}
          : {
              sub: (
                <>
                  {plural(query.data.total, "program")} of <bdi>{query.data.publisherName}</bdi>
                </>
              ),
            })}
      />
      <QueryView query={query} name="Your programs">
        {(list) => (list.items.length === 0 ? <NoPrograms /> : <Programs list={list} />)}
      </QueryView>
    </PageMain>
  );
}

function Programs({ list }: { list: PortalProgramList }) {
  const more = useMoreRows(list, keyOf, "", readMorePortalPrograms);
  return (
    <Panel footer={more.hasMore && <MoreRows more={more} total={list.total} />}>
      <DataTable
        id="portal-programs"
        caption="My programs"
        columns={COLUMNS}
        rows={more.rows}
        total={list.total}
        keyOf={keyOf}
        hrefOf={hrefOf}
      />
    </Panel>
  );
}

function NoPrograms() {
  return (
    <Panel>
      <EmptyState title="No programs yet">
        An operator registers an app id to your publisher; then you{" "}
        <TextLink href="/portal/submit">submit a version</TextLink>.
      </EmptyState>
    </Panel>
  );
}
