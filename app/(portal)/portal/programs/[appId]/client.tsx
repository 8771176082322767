"use client";

import { useQuery } from "@tanstack/react-query";
import { BehindLine } from "@/components/blocks/behind-line";
import { EmptyState } from "@/components/blocks/empty-state";
import { useNow } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { useUrlState } from "@/components/blocks/use-url-state";
import { PortalCauses } from "@/components/features/portal/portal-causes";
import { QuotaLegend, QuotaTable } from "@/components/features/portal/quota-table";
import type { PortalDenials } from "@/lib/contracts/portal";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount, plural } from "@/lib/format/count";
import { formatWhen } from "@/lib/format/instant";
import { portalDenialsQuery, portalQuotaQuery } from "@/lib/queries/portal";
import { OTHER } from "@/native/core/telemetry/other";
import { readVersion } from "./search-params";

/** How near the program comes to each limit, and what it was refused. */
export function PortalProgramClient({ appId }: { appId: string }) {
  const version = readVersion(useUrlState().params.get("version"));
  const quota = useQuery(portalQuotaQuery(appId, version));
  const denials = useQuery(portalDenialsQuery(appId, version));
  const nowMs = useNow();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <div>
        <BehindLine until={quota.data?.behind ?? denials.data?.behind ?? null} />
        <Panel
          title="Quota"
          isAboutLong
          about={
            quota.data !== undefined &&
            `device-minutes of ${about(plural(quota.data.devices, "device"), isEstimate(quota.data.devices))} since ${formatWhen(quota.data.since, nowMs)} UTC`
          }
          actions={<QuotaLegend />}
          footer={
            <span>
              Another limit is asked for with <code>bulkhead_limits</code> in the next version's manifest.
            </span>
          }
        >
          <QueryView query={quota} name="The quota">
            {(data) => <QuotaTable appId={appId} quota={data} />}
          </QueryView>
        </Panel>
      </div>
      <Panel title="Your denials" isAboutLong about={denials.data !== undefined && describeCauses(denials.data, nowMs)}>
        <QueryView query={denials} name="Denials">
          {({ causes }) =>
            causes.length === 0 ? (
              <EmptyState title="No denials in 7 d">
                What your program is refused appears here within minutes.
              </EmptyState>
            ) : (
              <PortalCauses causes={causes} />
            )
          }
        </QueryView>
      </Panel>
    </div>
  );
}

/** "3 causes, 120 times since 11:00 UTC"; of more than are shown it says how many are. */
function describeCauses({ causes, causeTotal, timesTotal, since }: PortalDenials, nowMs: number): string {
  const named = causes.filter(({ cause }) => cause !== OTHER).length;
  const shown = named < causeTotal ? `, ${formatCount(named)} shown` : "";
  return `${plural(causeTotal, "cause")}${shown}, ${plural(timesTotal, "time")} since ${formatWhen(since, nowMs)} UTC`;
}
