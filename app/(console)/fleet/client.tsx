"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
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
import { whenOpened } from "@/components/ui/when-opened";
import type { DeviceList, DeviceView } from "@/lib/contracts/devices";
import { plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { type DeviceFilter, deviceListQuery, readMoreDevices } from "@/lib/queries/devices";
import { useMay } from "@/lib/queries/use-may";
import { deviceColumns } from "./_parts/columns";
import { DEVICE_FIELDS, readDeviceFilter } from "./search-params";

const EnrolDialog = whenOpened(() => import("./_parts/enrol-dialog").then((part) => part.EnrolDialog));
const DevicePanel = loadedPart(() => import("./_parts/device-panel").then((part) => part.DevicePanel));

/** Which devices enforce which revision, and which run with a layer of confinement missing. */
export function FleetClient() {
  const { params, change } = useUrlState();
  const filter = readDeviceFilter(Object.fromEntries(params));
  const query = useQuery(deviceListQuery(filter));
  const mayEnrol = useMay().call("createEnrolment");
  const [isEnrolling, setEnrolling] = useState(false);
  const selected = params.get("panel");
  const enrol = <Button onClick={() => setEnrolling(true)}>Make enrolment file</Button>;
  return (
    <>
      <PageMain>
        <PageHead
          title="Fleet"
          {...(query.data === undefined ? {} : { sub: summarise(query.data) })}
          actions={mayEnrol && enrol}
        />
        <Toolbar>
          <FilterBar
            label="Filter devices"
            fields={DEVICE_FIELDS}
            freeField="q"
            value={Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)]))}
            onChange={change}
          />
        </Toolbar>
        <QueryView query={query} name="Devices" unaffected="Devices go on enforcing what they hold.">
          {(list) =>
            list.items.length === 0 ? (
              <Panel>
                <EmptyState
                  title={list.counts.enrolled === 0 ? "No device yet" : "No device fits"}
                  {...(mayEnrol && list.counts.enrolled === 0 ? { action: enrol } : {})}
                >
                  A device enrols with a file that holds a one-time token: <code>npx bulkhead enroll FILE</code>
                </EmptyState>
              </Panel>
            ) : (
              <Devices list={list} filter={filter} selected={selected} onSelect={({ id }) => change({ panel: id })} />
            )
          }
        </QueryView>
      </PageMain>
      {selected !== null && <DevicePanel key={selected} id={selected} onClose={() => change({ panel: null })} />}
      {isEnrolling && <EnrolDialog onClose={() => setEnrolling(false)} />}
    </>
  );
}

type DevicesProps = {
  list: DeviceList;
  filter: DeviceFilter;
  selected: string | null;
  onSelect(row: DeviceView): void;
};

const keyOf = (row: DeviceView) => row.id;

function Devices({ list, filter, selected, onSelect }: DevicesProps) {
  const more = useMoreRows(list, keyOf, JSON.stringify(filter), (cursor) => readMoreDevices(filter, cursor));
  return (
    <Panel footer={more.hasMore && <MoreRows more={more} total={list.total} />}>
      <DataTable
        id="devices"
        caption="Devices"
        columns={deviceColumns(list.platform)}
        rows={more.rows}
        total={list.total}
        keyOf={keyOf}
        selectedKey={selected}
        onSelect={onSelect}
      />
    </Panel>
  );
}

function summarise({ counts, platform }: DeviceList) {
  const { enrolled, current, behind, stale, degraded } = counts;
  const revision = platform === null ? "" : ` on platform revision ${formatRevision(platform)}`;
  return (
    <>
      <Measure name="enrolled" value={enrolled}>
        {plural(enrolled, "device")}
      </Measure>{" "}
      enrolled. <Measure name="current" value={current} />
      {revision}, <Measure name="behind" value={behind} /> behind, <Measure name="stale" value={stale} /> stale,{" "}
      <Measure name="degraded" value={degraded} /> with a layer missing.
    </>
  );
}
