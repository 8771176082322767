"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
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
import type { DeviceList } from "@/lib/contracts/devices";
import { LABEL_NAMES } from "@/lib/domain/labels";
import { plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { deviceListQuery } from "@/lib/queries/devices";
import { usePermission } from "@/lib/queries/use-permission";
import { DEVICE_STATES, deviceColumns } from "./_parts/columns";
import { DevicePanel } from "./_parts/device-panel";
import { EnrolDialog } from "./_parts/enrol-dialog";

/** Which devices enforce which revision, and which run with a layer of confinement missing. */
export function FleetClient() {
  const { params, change } = useUrlState();
  const query = useQuery(deviceListQuery());
  const mayEnrol = usePermission("devices.enrol");
  const [isEnrolling, setEnrolling] = useState(false);
  const selected = params.get("panel");
  const state = DEVICE_STATES.find((name) => name === params.get("state"));
  const labels = LABEL_NAMES.flatMap((name) => {
    const value = params.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const items = (query.data?.items ?? []).filter(
    (device) =>
      (state === undefined || device.state === state) && labels.every(([name, value]) => device.labels[name] === value),
  );
  const device = query.data?.items.find(({ id }) => id === selected);
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
            fields={[{ name: "state", values: DEVICE_STATES }, ...LABEL_NAMES.map((name) => ({ name }))]}
            value={{ ...(state === undefined ? {} : { state }), ...Object.fromEntries(labels) }}
            onChange={(name, value) => change({ [name]: value })}
          />
        </Toolbar>
        <Panel>
          <QueryView query={query} name="Devices" unaffected="Devices go on enforcing what they hold.">
            {(list) =>
              items.length === 0 ? (
                <EmptyState
                  title={list.total === 0 ? "No device yet" : "No device fits"}
                  {...(mayEnrol && list.total === 0 ? { action: enrol } : {})}
                >
                  A device enrols with a file that holds a one-time token: <code>npx bulkhead enroll FILE</code>
                </EmptyState>
              ) : (
                <DataTable
                  id="devices"
                  caption="Devices"
                  columns={deviceColumns(list.platform)}
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
      {device !== undefined && (
        <DevicePanel
          key={device.id}
          device={device}
          newest={query.data?.platform ?? null}
          onClose={() => change({ panel: null })}
        />
      )}
      {isEnrolling && <EnrolDialog onClose={() => setEnrolling(false)} />}
    </>
  );
}

function summarise({ items, total, platform }: DeviceList): string {
  const count = (state: DeviceList["items"][number]["state"]) => items.filter((item) => item.state === state).length;
  const degraded = items.filter(({ runtime }) => runtime.missingLayers.length > 0).length;
  const revision = platform === null ? "" : ` on platform revision ${formatRevision(platform)}`;
  return `${plural(total, "device")} enrolled. ${count("current")}${revision}, ${count("behind")} behind, ${count("stale")} stale, ${degraded} with a layer missing.`;
}
