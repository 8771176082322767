"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { useUrlState } from "@/components/blocks/use-url-state";
import { Button } from "@/components/ui/button";
import type { PublisherView } from "@/lib/contracts/publishers";
import { publisherListQuery } from "@/lib/queries/publishers";
import { usePermission } from "@/lib/queries/use-permission";
import { CreatePublisherDialog } from "./_parts/create-publisher-dialog";
import { PublisherPanel } from "./_parts/publisher-panel";

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
      row.programs.length === 0 ? (
        <span className="text-muted">none registered</span>
      ) : (
        row.programs.map(({ name }) => name).join(", ")
      ),
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

/** Who signs bundles, with which keys, for which programs. */
export function PublishersClient() {
  const { params, change } = useUrlState();
  const query = useQuery(publisherListQuery());
  const mayRegister = usePermission("programs.register");
  const [isCreating, setCreating] = useState(false);
  const selected = params.get("panel");
  const publisher = query.data?.items.find(({ id }) => id === selected);
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
        <Panel>
          <QueryView query={query} name="Publishers" unaffected="Devices and publishing are unaffected.">
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState title="No publisher yet">
                  Add one, then its public key: <code>npx bulkhead keygen</code> makes a pair.
                </EmptyState>
              ) : (
                <DataTable
                  id="publishers"
                  caption="Publishers"
                  columns={COLUMNS}
                  rows={items}
                  keyOf={(row) => row.id}
                  selectedKey={selected}
                  onSelect={(row) => change({ panel: row.id })}
                />
              )
            }
          </QueryView>
        </Panel>
      </PageMain>
      {publisher !== undefined && (
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
