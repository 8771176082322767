"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { FilterBar } from "@/components/blocks/filter-bar";
import { loadedPart } from "@/components/blocks/loaded-part";
import { MoreRows } from "@/components/blocks/more-rows";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Toolbar } from "@/components/blocks/toolbar";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { useUrlState } from "@/components/blocks/use-url-state";
import { Button } from "@/components/ui/button";
import { whenOpened } from "@/components/ui/when-opened";
import type { PublisherList, PublisherView } from "@/lib/contracts/publishers";
import { formatCount } from "@/lib/format/count";
import { type PublisherFilter, publisherListQuery, publisherQuery, readMorePublishers } from "@/lib/queries/publishers";
import { useMay } from "@/lib/queries/use-may";
import { readPublisherFilter } from "./search-params";

const CreatePublisherDialog = whenOpened(() =>
  import("./_parts/create-publisher-dialog").then((part) => part.CreatePublisherDialog),
);
const PublisherPanel = loadedPart(() => import("./_parts/publisher-panel").then((part) => part.PublisherPanel));

const COLUMNS: Column<PublisherView>[] = [
  {
    id: "name",
    head: "Publisher",
    cell: (row) => (
      <strong className="font-medium">
        <bdi>{row.name}</bdi>
      </strong>
    ),
  },
  {
    id: "programs",
    head: "Programs",
    priority: 2,
    cell: (row) =>
      row.programs.length === 0 ? <span className="text-muted">none registered</span> : describePrograms(row),
  },
  {
    id: "keys",
    head: "Active keys",
    width: 96,
    isNumber: true,
    cell: (row) => row.keys.filter(({ status }) => status === "active").length,
  },
  { id: "tokens", head: "Tokens", width: 80, isNumber: true, priority: 2, cell: (row) => row.tokens.length },
  {
    id: "since",
    head: "Since",
    width: 96,
    isNumber: true,
    priority: 3,
    cell: (row) => <RelativeTime at={row.createdAt} />,
  },
];

/** "Coin Jar, Tide and 3 more". */
function describePrograms({ programs, programCount }: PublisherView): string {
  const names = programs.map(({ name }) => name).join(", ");
  const others = programCount - programs.length;
  return others === 0 ? names : `${names} and ${formatCount(others)} more`;
}

/** Who signs bundles, with which keys, for which programs. */
export function PublishersClient() {
  const { params, change } = useUrlState();
  const filter = readPublisherFilter(Object.fromEntries(params));
  const query = useQuery(publisherListQuery(filter));
  const mayRegister = useMay().call("createPublisher");
  const [isCreating, setCreating] = useState(false);
  const selected = params.get("panel");
  const publisher = useQuery({ ...publisherQuery(selected ?? ""), enabled: selected !== null }).data;
  return (
    <>
      <PageMain>
        <PageHead
          title="Publishers"
          sub="Bundles are accepted only with a signature by an active key of the publisher that the app id is registered to."
          actions={
            mayRegister && (
              <Button onClick={() => setCreating(true)}>
                <Plus size={14} aria-hidden />
                Add publisher
              </Button>
            )
          }
        />
        <Toolbar>
          <FilterBar
            label="Filter publishers"
            fields={[{ name: "q" }]}
            freeField="q"
            value={{ q: filter.q ?? "" }}
            onChange={change}
            placeholder="Find by name"
          />
        </Toolbar>
        <QueryView query={query} name="Publishers" unaffected="Devices and publishing are unaffected.">
          {(list) => (
            <Publishers list={list} filter={filter} selected={selected} onSelect={({ id }) => change({ panel: id })} />
          )}
        </QueryView>
      </PageMain>
      {publisher !== undefined && selected !== null && (
        <PublisherPanel key={publisher.id} publisher={publisher} onClose={() => change({ panel: null })} />
      )}
      {isCreating && (
        <CreatePublisherDialog
          onClose={() => setCreating(false)}
          onCreated={(id) => {
            setCreating(false);
            change({ panel: id });
          }}
        />
      )}
    </>
  );
}

type PublishersProps = {
  list: PublisherList;
  filter: PublisherFilter;
  selected: string | null;
  onSelect(row: PublisherView): void;
};

const keyOf = (row: PublisherView) => row.id;

function Publishers({ list, filter, selected, onSelect }: PublishersProps) {
  const more = useMoreRows(list, keyOf, JSON.stringify(filter), (cursor) => readMorePublishers(filter, cursor));
  return (
    <Panel footer={more.hasMore && <MoreRows more={more} total={list.total} />}>
      {more.rows.length > 0 ? (
        <DataTable
          id="publishers"
          caption="Publishers"
          columns={COLUMNS}
          rows={more.rows}
          total={list.total}
          keyOf={keyOf}
          selectedKey={selected}
          onSelect={onSelect}
        />
      ) : filter.q === undefined ? (
        <EmptyState title="No publisher yet">
          Add one, then its public key: <code>npx bulkhead keygen</code> makes a pair.
        </EmptyState>
      ) : (
        <EmptyState title="No publisher fits">Publishers whose name holds the words appear here.</EmptyState>
      )}
    </Panel>
  );
}
