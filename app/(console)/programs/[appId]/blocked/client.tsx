"use client";

import { useQuery } from "@tanstack/react-query";
import { BehindLine } from "@/components/blocks/behind-line";
import { DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { ExportLink } from "@/components/blocks/export-link";
import { FilterBar } from "@/components/blocks/filter-bar";
import { LivePill } from "@/components/blocks/live-pill";
import { loadedPart } from "@/components/blocks/loaded-part";
import { MoreRows } from "@/components/blocks/more-rows";
import { useNow } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { useSeededGroups } from "@/components/blocks/seeded";
import { TimeRangeChoice } from "@/components/blocks/time-range";
import { Toolbar } from "@/components/blocks/toolbar";
import { useHeldRows } from "@/components/blocks/use-held-rows";
import { useMoreRows } from "@/components/blocks/use-more-rows";
import { useUrlState } from "@/components/blocks/use-url-state";
import { CAUSE_STATES, type CauseState, stateOfCause } from "@/components/features/denials/cause-states";
import { DenialCauses } from "@/components/features/denials/denial-causes";
import { denialColumns } from "@/components/features/denials/denial-columns";
import { Measure } from "@/components/features/measures/measure";
import { ReportingLine } from "@/components/features/reporting/reporting-line";
import { Button } from "@/components/ui/button";
import type { CauseFilter, DenialCause, DenialList, DenialRow } from "@/lib/contracts/programs";
import { TIME_RANGES, type TimeRange } from "@/lib/domain/time-ranges";
import { formatCount, plural } from "@/lib/format/count";
import { formatWhen } from "@/lib/format/instant";
import { denialsFile, denialsQuery, programQuery, readOlderDenials } from "@/lib/queries/programs";
import { OTHER } from "@/native/core/telemetry/other";
import { readVersion } from "../access/search-params";
import { readRange } from "../search-params";
import { BLOCKED_FIELDS, readCauseFilter } from "./search-params";

const FoldedCauses = loadedPart(() =>
  import("@/components/features/denials/folded-causes").then((part) => part.FoldedCauses),
);

const keyOfDenial = (row: DenialRow) => row.denialId;
const keyOfCause = (row: DenialCause) => row.cause;

/** What this program was refused: by cause, and one by one as it happens. */
export function BlockedClient({ appId }: { appId: string }) {
  const { params, change } = useUrlState();
  const range = readRange(params.get("range"));
  const version = readVersion(params.get("version"));
  const filter = readCauseFilter(Object.fromEntries(params));
  const state = CAUSE_STATES.find((one) => one === params.get("state"));
  const query = useQuery(denialsQuery(appId, range, version, filter));
  const program = useQuery(programQuery(appId));
  return (
    <>
      <Toolbar>
        <FilterBar
          label="Filter denials"
          fields={[...BLOCKED_FIELDS, { name: "state", values: CAUSE_STATES }]}
          value={{
            ...(version === undefined ? {} : { version: String(version) }),
            ...filter,
            ...(state === undefined ? {} : { state }),
          }}
          also={{ range: TIME_RANGES }}
          onChange={change}
          placeholder="Add a filter, for example code:HOST_NOT_ALLOWED host:*.x.com"
        />
        <ReportingLine watched={{ appId }} />
        <TimeRangeChoice value={range} options={TIME_RANGES} onChange={(next) => change({ range: next })} />
        <ExportLink href={denialsFile(appId, range, version, filter)} />
      </Toolbar>
      <QueryView query={query} name="Denials" unaffected="Devices, publishing and reviews are unaffected.">
        {(list) => (
          <Denials
            list={list}
            appId={appId}
            range={range}
            version={version}
            filter={filter}
            state={state}
            requests={program.data?.requests24h ?? 0}
            onWiden={() => change({ range: "14d" })}
          />
        )}
      </QueryView>
    </>
  );
}

type DenialsProps = {
  list: DenialList;
  appId: string;
  range: TimeRange;
  version: number | undefined;
  filter: CauseFilter;
  state: CauseState | undefined;
  requests: number;
  onWiden(): void;
};

type CausesProps = {
  appId: string;
  range: TimeRange;
  version: number | undefined;
  causes: readonly DenialCause[];
  state: CauseState | undefined;
};

/** What waits for somebody, and folded below it what does not; of one state alone where it is asked for. */
function Causes({ causes, state, ...counted }: CausesProps) {
  const of = (one: CauseState) =>
    state === undefined || state === one ? causes.filter((cause) => stateOfCause(cause) === one) : [];
  const [open, mended, acknowledged] = [of("open"), of("mended"), of("acknowledged")];
  const isEmpty = open.length === 0 && (state === undefined || mended.length + acknowledged.length === 0);
  return (
    <>
      {isEmpty && (
        <EmptyState title={state === undefined ? "Nothing open" : `No cause is ${state}`}>
          {state === undefined
            ? "What was refused in this time is let through now, or somebody acknowledged it."
            : "Take the filter away to see the others."}
        </EmptyState>
      )}
      {open.length > 0 && <DenialCauses {...counted} causes={open} />}
      {mended.length > 0 && (
        <FoldedCauses key={`mended ${state}`} state="mended" causes={mended} isOpen={state === "mended"} />
      )}
      {acknowledged.length > 0 && (
        <FoldedCauses
          key={`acknowledged ${state}`}
          state="acknowledged"
          causes={acknowledged}
          isOpen={state === "acknowledged"}
        />
      )}
    </>
  );
}

/** What the numbers are of: with a filter, of less than the program. */
function scopeOf(appId: string, version: number | undefined, filter: CauseFilter): string {
  const of = version === undefined ? appId : `${appId} v${version}`;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return isFiltered ? `${of} ${JSON.stringify(filter)}` : of;
}

/** "3 causes and others, 120 times since 11:00 UTC"; of more than are shown it says how many are. */
function CausesTold({ list, of, range }: { list: DenialList; of: string; range: TimeRange }) {
  const nowMs = useNow();
  const { causes, causeTotal, timesTotal, since } = list;
  const named = causes.filter(({ cause }) => cause !== OTHER).length;
  const shown = named < causeTotal ? `, ${formatCount(named)} shown` : "";
  const others = named < causes.length ? " and others" : "";
  return (
    <>
      <Measure name="causes" of={of} range={range} value={causeTotal}>
        {plural(causeTotal, "cause")}
      </Measure>
      {others}
      {shown},{" "}
      <Measure name="refused" of={of} range={range} value={timesTotal}>
        {plural(timesTotal, "time")}
      </Measure>{" "}
      since {formatWhen(since, nowMs)} UTC
    </>
  );
}

function Denials({ list, appId, range, version, filter, state, requests, onWiden }: DenialsProps) {
  const resetKey = `${range} ${version ?? ""} ${JSON.stringify(filter)}`;
  const causes = useHeldRows(list.causes, keyOfCause, resetKey);
  const items = useHeldRows(list.items, keyOfDenial, resetKey);
  const more = useMoreRows({ items: items.rows, nextCursor: list.nextCursor }, keyOfDenial, resetKey, (cursor) =>
    readOlderDenials(appId, { range, version, cursor, ...filter }),
  );
  const seeded = useSeededGroups(more.rows, (row) => row.at);
  if (list.causes.length === 0 && list.items.length === 0) {
    return (
      <Panel>
        <EmptyState
          title={Object.keys(filter).length > 0 ? `No denial fits in ${range}` : `No denials in ${range}`}
          action={range === "14d" ? undefined : <Button onClick={onWiden}>Widen the range to 14 d</Button>}
        >
          {formatCount(requests)} requests allowed in 24 h. What this program is refused appears here within seconds.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <div className="grid gap-4">
      <BehindLine until={list.behind} />
      <Panel
        title="Causes"
        about={<CausesTold list={list} of={scopeOf(appId, version, filter)} range={range} />}
        actions={<LivePill count={causes.newCount} onShow={causes.show} />}
      >
        {causes.rows.length === 0 ? (
          <EmptyState title="Not counted yet">Counts come with the device's next batch.</EmptyState>
        ) : (
          <Causes appId={appId} range={range} version={version} causes={causes.rows} state={state} />
        )}
      </Panel>
      <Panel
        title="Denials"
        isAboutLong
        about="one by one, newest first; counts above are whole; single records are sampled, and none is kept past 300 of one program on one device in a minute"
        actions={<LivePill count={items.newCount} onShow={items.show} />}
        footer={more.hasMore && <MoreRows more={more} verb="Show older" />}
      >
        {more.rows.length === 0 ? (
          <EmptyState title="No single record">
            The causes above were counted; their records were sampled away, or were past 300 of one program on one
            device in a minute.
          </EmptyState>
        ) : (
          <DataTable
            id="denials"
            caption="Denials"
            columns={denialColumns}
            rows={more.rows}
            total={more.hasMore ? null : more.rows.length}
            keyOf={keyOfDenial}
            hrefOf={(row) => `/denials/${encodeURIComponent(row.denialId)}`}
            {...seeded}
          />
        )}
      </Panel>
    </div>
  );
}
