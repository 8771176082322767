"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ColumnChooser } from "@/components/blocks/column-chooser";
import { DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { FilterBar } from "@/components/blocks/filter-bar";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Toolbar } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { Button } from "@/components/ui/button";
import type { ProgramList } from "@/lib/contracts/programs";
import { plural } from "@/lib/format/count";
import { programListQuery } from "@/lib/queries/programs";
import { usePermission } from "@/lib/queries/use-permission";
import { PROGRAM_COLUMN_NAMES, programColumns, sortPrograms } from "./_parts/columns";
import { ProgramPanel } from "./_parts/program-panel";
import { RegisterDialog } from "./_parts/register-dialog";
import { PROGRAM_STATUSES, readProgramFilter } from "./search-params";

export function ProgramsClient() {
  const router = useRouter();
  const { params, change } = useUrlState();
  const filter = readProgramFilter(Object.fromEntries(params));
  const query = useQuery(programListQuery(filter));
  const mayRegister = usePermission("programs.register");
  const [isRegistering, setRegistering] = useState(false);
  const selected = params.get("panel");
  const sort = params.get("sort") ?? "blocked";
  const hasFilter = filter.status !== undefined || filter.q !== undefined;
  return (
    <>
      <PageMain>
        <PageHead
          title="Programs"
          {...(query.data === undefined ? {} : { sub: summarise(query.data) })}
          actions={
            mayRegister && (
              <Button onClick={() => setRegistering(true)}>
                <Plus size={14} aria-hidden />
                Register program
              </Button>
            )
          }
        />
        <Toolbar>
          <FilterBar
            label="Filter programs"
            fields={[{ name: "status", values: PROGRAM_STATUSES }, { name: "q" }]}
            freeField="q"
            value={Object.fromEntries(Object.entries(filter))}
            onChange={(name, value) => change({ [name]: value })}
          />
          <ColumnChooser tableId="programs" columns={PROGRAM_COLUMN_NAMES} />
        </Toolbar>
        <Panel
          footer={
            query.data !== undefined &&
            query.data.items.length < query.data.total && (
              <>
                <span className="flex-1">
                  {query.data.items.length} of {query.data.total} shown.
                </span>
                {hasFilter && (
                  <Button tone="quiet" size="small" onClick={() => change({ status: null, q: null })}>
                    Remove the filters
                  </Button>
                )}
              </>
            )
          }
        >
          <QueryView query={query} name="Programs" unaffected="Devices and publishing are unaffected.">
            {({ items }) =>
              items.length === 0 ? (
                <NoPrograms hasFilter={hasFilter} onClear={() => change({ status: null, q: null })} />
              ) : (
                <DataTable
                  id="programs"
                  caption="Programs"
                  columns={programColumns(sort, (next) => change({ sort: next }))}
                  rows={sortPrograms(items, sort)}
                  keyOf={(row) => row.appId}
                  selectedKey={selected}
                  onSelect={(row) => change({ panel: row.appId })}
                  hrefOf={(row) => `/programs/${row.appId}`}
                />
              )
            }
          </QueryView>
        </Panel>
      </PageMain>
      {selected !== null && <ProgramPanel key={selected} appId={selected} onClose={() => change({ panel: null })} />}
      {isRegistering && (
        <RegisterDialog
          onClose={() => setRegistering(false)}
          onRegistered={(appId) => router.push(`/programs/${appId}`)}
        />
      )}
    </>
  );
}

function summarise({ items, total }: ProgramList): string {
  const live = items.filter(({ status, liveVersion }) => status === "active" && liveVersion !== null).length;
  const waiting = items.filter(({ waitingVersion }) => waitingVersion !== null).length;
  const suspended = items.filter(({ status }) => status === "suspended").length;
  return `${plural(total, "program")}. ${live} live, ${waiting} with a version that waits, ${suspended} suspended.`;
}

function NoPrograms({ hasFilter, onClear }: { hasFilter: boolean; onClear(): void }) {
  if (hasFilter) {
    return (
      <EmptyState title="No program fits" action={<Button onClick={onClear}>Remove the filters</Button>}>
        Programs whose name or app id holds the words appear here.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No programs yet">
      An operator registers an app id to a publisher; the publisher then submits a version with{" "}
      <code>npx bulkhead submit</code>.
    </EmptyState>
  );
}
