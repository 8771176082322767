"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ColumnChooser } from "@/components/blocks/column-chooser";
import { DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { FilterBar } from "@/components/blocks/filter-bar";
import { loadedPart } from "@/components/blocks/loaded-part";
import { MoreRows } from "@/components/blocks/more-rows";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Toolbar } from "@/components/blocks/toolbar";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { useUrlState } from "@/components/blocks/use-url-state";
import { Measure } from "@/components/features/measures/measure";
import { Button } from "@/components/ui/button";
import { buttonLook } from "@/components/ui/button-look";
import { whenOpened } from "@/components/ui/when-opened";
import type { ProgramList, ProgramListQuery, ProgramRow } from "@/lib/contracts/programs";
import { PROGRAM_SORTS, PROGRAM_STATUSES, type ProgramSort } from "@/lib/domain/program-lists";
import { plural } from "@/lib/format/count";
import { programListQuery, readMorePrograms } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { PROGRAM_COLUMN_NAMES, programColumns } from "./_parts/columns";
import { readProgramFilter } from "./search-params";

const RegisterDialog = whenOpened(() => import("./_parts/register-dialog").then((part) => part.RegisterDialog));
const ProgramPanel = loadedPart(() => import("./_parts/program-panel").then((part) => part.ProgramPanel));

export function ProgramsClient() {
  const router = useRouter();
  const { params, change } = useUrlState();
  const filter = readProgramFilter(Object.fromEntries(params));
  const query = useQuery(programListQuery(filter));
  const mayRegister = useMay().call("registerProgram");
  const [isRegistering, setRegistering] = useState(false);
  const selected = params.get("panel");
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
            value={{ status: filter.status ?? "", q: filter.q ?? "" }}
            also={{ sort: PROGRAM_SORTS }}
            onChange={change}
          />
          <ColumnChooser tableId="programs" columns={PROGRAM_COLUMN_NAMES} />
        </Toolbar>
        <QueryView query={query} name="Programs" unaffected="Devices and publishing are unaffected.">
          {(list) =>
            list.items.length === 0 ? (
              <Panel>
                <NoPrograms hasFilter={hasFilter} onClear={() => change({ status: null, q: null })} />
              </Panel>
            ) : (
              <Programs
                list={list}
                filter={filter}
                selected={selected}
                onSort={(sort) => change({ sort })}
                onSelect={({ appId }) => change({ panel: appId })}
              />
            )
          }
        </QueryView>
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

type ProgramsProps = {
  list: ProgramList;
  filter: ProgramListQuery & { sort: ProgramSort };
  selected: string | null;
  onSort(sort: ProgramSort): void;
  onSelect(row: ProgramRow): void;
};

const keyOf = (row: ProgramRow) => row.appId;

function Programs({ list, filter, selected, onSort, onSelect }: ProgramsProps) {
  const more = useMoreRows(list, keyOf, JSON.stringify(filter), (cursor) => readMorePrograms(filter, cursor));
  return (
    <Panel footer={more.hasMore && <MoreRows more={more} total={list.total} />}>
      <DataTable
        id="programs"
        caption="Programs"
        columns={programColumns(filter.sort, onSort)}
        rows={more.rows}
        total={list.total}
        keyOf={keyOf}
        selectedKey={selected}
        onSelect={onSelect}
        hrefOf={(row) => `/programs/${row.appId}`}
      />
    </Panel>
  );
}

function summarise({ total, counts: { live, waiting, suspended } }: ProgramList) {
  return (
    <>
      <Measure name="programs" value={total}>
        {plural(total, "program")}
      </Measure>
      . <Measure name="programsLive" value={live} /> live, <Measure name="programsWaiting" value={waiting} /> with a
      version that waits, <Measure name="programsSuspended" value={suspended} /> suspended.
    </>
  );
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
    <EmptyState
      title="No programs yet"
      action={
        <Link href="/start" className={buttonLook()}>
          Walk to the first program
        </Link>
      }
    >
      An operator registers an app id to a publisher; the publisher then submits a version with{" "}
      <code>npx bulkhead submit</code>.
    </EmptyState>
  );
}
