"use client";

import { useQuery } from "@tanstack/react-query";
import { BehindLine } from "@/components/blocks/behind-line";
import { Bullet } from "@/components/blocks/bullet";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { loadedPart } from "@/components/blocks/loaded-part";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { TimeRangeChoice } from "@/components/blocks/time-range";
import { Toolbar } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { LimitEffect } from "@/components/features/programs/limit-effect";
import { heldBackWords } from "@/components/features/programs/limit-effect-words";
import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import type { LimitRow } from "@/lib/contracts/programs";
import { TIME_RANGES, type TimeRange } from "@/lib/domain/time-ranges";
import { limitsQuery, programQuery } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import type { Limit } from "@/native/core/shapes/claims";
import { ProgramSide } from "../_parts/program-frame";
import { readRange } from "../search-params";

const LimitSheet = loadedPart(() =>
  import("@/components/features/programs/limit-sheet").then((part) => part.LimitSheet),
);

const SOURCES = { program: "its own", platform: "the platform's", none: "none" } as const;

const columnsFor = (appId: string, range: TimeRange, devices: number): Column<LimitRow>[] => [
  {
    id: "limit",
    head: "Limit",
    width: 172,
    cell: (row) => (
      <>
        <strong className="block font-medium leading-4">{LIMIT_WORDS[row.name].title}</strong>
        <code className="mt-0.5 block text-muted leading-4">{row.name}</code>
      </>
    ),
  },
  {
    id: "minutes",
    head: "Device-minutes",
    priority: 2,
    cell: (row) =>
      row.observed === null ? (
        <span className="text-muted">nothing measured</span>
      ) : row.effective === null ? (
        <span>
          p50 {formatLimit(row.name, row.observed.p50)}, p95 {formatLimit(row.name, row.observed.p95)}, greatest{" "}
          {formatLimit(row.name, row.observed.max)}
        </span>
      ) : (
        <Bullet
          {...row.observed}
          warn={row.effective.warn}
          limit={row.effective.max}
          label={`p50 ${formatLimit(row.name, row.observed.p50)}, p95 ${formatLimit(row.name, row.observed.p95)}, greatest ${formatLimit(row.name, row.observed.max)}, warning ${formatLimit(row.name, row.effective.warn)}, limit ${formatLimit(row.name, row.effective.max)}`}
        />
      ),
  },
  {
    id: "p95",
    head: "p95 of limit",
    width: 164,
    isNumber: true,
    cell: (row) =>
      row.effective === null && row.observed === null ? (
        <span className="text-muted">no limit</span>
      ) : (
        <>
          {row.observed === null ? "–" : formatLimit(row.name, row.observed.p95)}
          <span className="text-muted">
            {row.effective === null ? ", no limit" : ` of ${formatLimit(row.name, row.effective.max)}`}
          </span>
          {/* Where the column of effects has given way. */}
          <span className="block whitespace-normal text-muted leading-4 @3xl:hidden">{heldBackWords(row)}</span>
        </>
      ),
  },
  {
    id: "action",
    head: "When crossed",
    width: 104,
    priority: 4,
    cell: (row) => (
      <code>{row.name === "cacheBytes" && row.effective !== null ? "evicts" : (row.effective?.action ?? "–")}</code>
    ),
  },
  { id: "source", head: "Set by", width: 112, priority: 4, cell: (row) => SOURCES[row.source] },
  {
    id: "requested",
    head: "Asked for",
    width: 104,
    isNumber: true,
    priority: 4,
    cell: (row) => (row.requested === null ? "–" : formatLimit(row.name, row.requested)),
  },
  {
    id: "effect",
    head: "Effect",
    width: 264,
    priority: 3,
    cell: (row) => <LimitEffect row={row} devices={devices} appId={appId} range={range} />,
  },
];

/** One row a limit: what was used beside what is allowed, the limit at the same place in each row. */
export function LimitsClient({ appId }: { appId: string }) {
  const { params, change } = useUrlState();
  const range = readRange(params.get("range"));
  const query = useQuery(limitsQuery(appId, range));
  const program = useQuery(programQuery(appId));
  const mayPropose = useMay().propose("limit");
  const edited = params.get("edit");
  const row = query.data?.rows.find(({ name }) => name === edited);
  return (
    <>
      <Toolbar>
        <TimeRangeChoice value={range} options={TIME_RANGES} onChange={(next) => change({ range: next })} />
        <span className="text-muted">p50 to p95 and the greatest; warning dashed, limit solid</span>
      </Toolbar>
      <BehindLine until={query.data?.behind ?? null} />
      <Panel>
        <QueryView query={query} name="Limits" unaffected="Devices and publishing are unaffected.">
          {({ rows, devices }) => (
            <DataTable
              id="limits"
              caption="Limits"
              columns={columnsFor(appId, range, devices)}
              rows={rows}
              keyOf={(item) => item.name}
              isTall
              selectedKey={edited}
              {...(mayPropose ? { onSelect: (item: LimitRow) => change({ edit: item.name }) } : {})}
            />
          )}
        </QueryView>
      </Panel>
      {row !== undefined && mayPropose && (
        <ProgramSide>
          <LimitSheet
            key={row.name}
            appId={appId}
            owner={program.data?.name ?? appId}
            name={row.name}
            // Safe: the read answers with the very values that the policy is built from.
            value={(row.value ?? null) as Limit | null}
            platformValue={(row.platformValue ?? null) as Limit | null}
            observed={row.observed}
            onClose={() => change({ edit: null })}
          />
        </ProgramSide>
      )}
    </>
  );
}
