"use client";

import { useQuery } from "@tanstack/react-query";
import { BehindLine } from "@/components/blocks/behind-line";
import { CrosshairProvider } from "@/components/blocks/crosshair";
import { EmptyState } from "@/components/blocks/empty-state";
import { ExportLink } from "@/components/blocks/export-link";
import { FilterBar } from "@/components/blocks/filter-bar";
import { LegendBand, LegendLine, LegendMark } from "@/components/blocks/legend";
import { useNow } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { TimeRangeChoice } from "@/components/blocks/time-range";
import { Toolbar } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { DenialCauses } from "@/components/features/denials/denial-causes";
import { Measure } from "@/components/features/measures/measure";
import { ReportingLine } from "@/components/features/reporting/reporting-line";
import { TextLink } from "@/components/ui/text-link";
import type { TelemetrySeries } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { TIME_RANGES } from "@/lib/domain/time-ranges";
import { about, plural } from "@/lib/format/count";
import { formatWhen } from "@/lib/format/instant";
import { denialsQuery, telemetryFile, telemetryQuery } from "@/lib/queries/programs";
import { TelemetryCharts } from "./_parts/telemetry-charts";
import { CHART_FIELDS, readChartFilter } from "./search-params";

/** What the program used, beside its limits, with decisions on the same axis: cause and effect are seen together. */
export function TelemetryClient({ appId }: { appId: string }) {
  const { params, change } = useUrlState();
  const filter = readChartFilter(Object.fromEntries(params));
  const { range, version, ...others } = filter;
  const isByHour = Object.keys(others).length > 0;
  const query = useQuery(telemetryQuery(appId, filter));
  const denials = useQuery(denialsQuery(appId, range, version));
  const nowMs = useNow();
  const ofVersion = version === undefined ? appId : `${appId} v${version}`;
  const scope = [ofVersion, ...Object.values(others)].join(" ");
  const isAll = params.get("charts") === "all";
  return (
    <>
      <Toolbar>
        <FilterBar
          label="Filter telemetry"
          fields={CHART_FIELDS}
          value={{ ...others, ...(version === undefined ? {} : { version: String(version) }) }}
          also={{ range: TIME_RANGES, charts: ["all"] }}
          onChange={change}
          placeholder="Add a filter, for example version:12 or runtime:linux"
        />
        <ReportingLine {...(range === "1h" ? { watched: { appId } } : {})} newestAt={query.data?.newestAt ?? null} />
        <TimeRangeChoice value={range} options={TIME_RANGES} onChange={(next) => change({ range: next })} />
        <ExportLink href={telemetryFile(appId, filter)} />
      </Toolbar>
      <div className="grid gap-4">
        <QueryView query={query} name="Telemetry" unaffected="Devices and publishing are unaffected.">
          {(series) =>
            series.newestAt === null ? (
              <Panel>
                <EmptyState title={`No telemetry in ${range}`}>
                  Devices that run this program send what it used; while this page is open it appears within seconds.
                </EmptyState>
              </Panel>
            ) : (
              <CrosshairProvider>
                <BehindLine until={series.behind} />
                {isByHour && (
                  <p className="text-muted">
                    Of one kind of runtime or of a label telemetry is kept by the hour: each point is an hour at least,
                    and what is counted begins with a whole hour.
                  </p>
                )}
                <TelemetryCharts
                  series={series}
                  isAll={isAll}
                  onAll={(all) => change({ charts: all ? "all" : null })}
                />
                <Legend series={series} of={scope} />
              </CrosshairProvider>
            )
          }
        </QueryView>
        <Panel
          title="Denials"
          about={
            denials.data && (
              <>
                <Measure name="causes" of={ofVersion} range={range} value={denials.data.causeTotal}>
                  {plural(denials.data.causeTotal, "cause")}
                </Measure>{" "}
                since {formatWhen(denials.data.since, nowMs)} UTC{isByHour && ", of all runtimes and labels"}
              </>
            )
          }
          actions={<TextLink href={`/programs/${appId}/blocked?range=${range}`}>See all</TextLink>}
        >
          <QueryView query={denials} name="Denials">
            {({ causes }) =>
              causes.length === 0 ? (
                <EmptyState title={`No denials in ${range}`}>What this program is refused appears here.</EmptyState>
              ) : (
                <DenialCauses appId={appId} range={range} version={version} causes={causes.slice(0, 10)} />
              )
            }
          </QueryView>
        </Panel>
      </div>
    </>
  );
}

function Legend({ series, of }: { series: TelemetrySeries; of: string }) {
  const { lost, devices, requests, blocked, crashes, unlistedMinutes } = series.totals;
  const { range } = series;
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1 text-muted">
      <LegendLine kind="p95">p95</LegendLine>
      <LegendBand>p50 to p95</LegendBand>
      <LegendLine kind="greatest">greatest</LegendLine>
      <LegendMark kind="publish">document published</LegendMark>
      <LegendMark kind="version">version live</LegendMark>
      <LegendMark kind="suspension">suspended</LegendMark>
      <LegendMark kind="lift">lifted</LegendMark>
      <span className="ml-auto text-label">
        <Measure name="devices" of={of} range={range} value={devices}>
          {about(plural(devices, "device"), isEstimate(devices))}
        </Measure>
        ,{" "}
        <Measure name="requests" of={of} range={range} value={requests}>
          {plural(requests, "request")}
        </Measure>
        , <Measure name="blocked" of={of} range={range} value={blocked} /> blocked,{" "}
        <Measure name="crashes" of={of} range={range} value={crashes}>
          {plural(crashes, "crash", "crashes")}
        </Measure>
        {lost > 0 && (
          <>
            ,{" "}
            <Measure name="lost" value={lost}>
              {plural(lost, "sample")}
            </Measure>{" "}
            lost by devices
          </>
        )}
        {unlistedMinutes > 0 && `, ${plural(unlistedMinutes, "device-minute")} of versions never listed`}
        {series.newestAt !== null && (
          <>
            , newest <RelativeTime at={series.newestAt} />
          </>
        )}
      </span>
    </div>
  );
}
