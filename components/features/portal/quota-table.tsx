"use client";

import { Bullet } from "@/components/blocks/bullet";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { Sparkline } from "@/components/blocks/sparkline";
import { LimitEffect } from "@/components/features/programs/limit-effect";
import { heldBackWords } from "@/components/features/programs/limit-effect-words";
import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import type { PortalLimit, PortalQuota } from "@/lib/contracts/portal";
import { QUOTA_RANGE } from "@/lib/domain/time-ranges";
import { barWords, leftOutWords, unmeasuredWords, wishWords } from "./quota-words";

/** One row a limit: what device-minutes used beside what is allowed, the limit at the same place in each row. */
export function QuotaTable({ appId, quota: { rows, devices } }: { appId: string; quota: PortalQuota }) {
  const columns = columnsFor(appId, devices);
  return <DataTable id="quota" caption="Quota" columns={columns} rows={rows} keyOf={({ name }) => name} isTall />;
}

function columnsFor(appId: string, devices: number): Column<PortalLimit>[] {
  return [
    {
      id: "limit",
      head: "Limit",
      width: 168,
      cell: (row) => (
        <>
          <strong className="block font-medium leading-4">{LIMIT_WORDS[row.name].title}</strong>
          <code className="mt-0.5 block truncate text-muted leading-4">{row.name}</code>
          {/* Where the column of bars has given way. */}
          <span className="block @xl:hidden">
            <Bar row={row} />
          </span>
        </>
      ),
    },
    {
      id: "minutes",
      head: "Device-minutes",
      priority: 2,
      cell: (row) => {
        const unmeasured = unmeasuredWords(row);
        if (unmeasured !== null) return <Missing words={unmeasured} />;
        const leftOut = leftOutWords(row);
        return (
          <>
            <Bar row={row} />
            {leftOut !== null && <Missing words={leftOut} />}
          </>
        );
      },
    },
    {
      id: "p95",
      head: "p95 of limit",
      width: 164,
      isNumber: true,
      cell: (row) => <Used row={row} />,
    },
    {
      id: "action",
      head: "When crossed",
      width: 104,
      priority: 3,
      cell: ({ name, effective }) => (
        <code>{name === "cacheBytes" && effective !== null ? "evicts" : (effective?.action ?? "–")}</code>
      ),
    },
    {
      id: "trend",
      head: "p95, 14 d",
      width: 116,
      isNumber: true,
      priority: 4,
      cell: ({ name, p95ByDay }) =>
        p95ByDay.every((value) => value === null) ? (
          <span className="text-muted">–</span>
        ) : (
          <Sparkline values={p95ByDay} label={`${LIMIT_WORDS[name].title}: p95 of each of the last 14 days`} />
        ),
    },
    {
      id: "effect",
      head: "Effect",
      width: 312,
      priority: 2,
      cell: (row) => (
        <LimitEffect row={row} devices={devices} appId={appId} range={QUOTA_RANGE} instead={wishWords(row)} />
      ),
    },
  ];
}

function Missing({ words }: { words: string }) {
  return (
    <span className="block truncate text-muted leading-4" title={words}>
      {words}
    </span>
  );
}

/** Nothing where there is nothing measured, or no limit to hold it against. */
function Bar({ row }: { row: PortalLimit }) {
  const { observed, effective } = row;
  if (observed === null || effective === null) return null;
  return <Bullet {...observed} warn={effective.warn} limit={effective.max} label={barWords(row)} />;
}

/** Where the bar and the effect have given way, the words that matter most stand here. */
function Used({ row }: { row: PortalLimit }) {
  const { name, effective, observed } = row;
  if (effective === null) return <span className="text-muted">no limit</span>;
  return (
    <>
      <span className="block leading-4">
        {observed === null ? "–" : formatLimit(name, observed.p95)}{" "}
        <span className="text-muted">of {formatLimit(name, effective.max)}</span>
      </span>
      <span className="mt-0.5 block whitespace-normal text-muted leading-4 @xl:hidden">
        {heldBackWords(row) ?? (observed === null ? unmeasuredWords(row) : null)}
      </span>
    </>
  );
}

/** What the parts of a bar are. */
export function QuotaLegend() {
  return (
    <span className="flex flex-wrap gap-x-4 text-label text-muted @max-3xl:hidden">
      <Key mark={<rect x="0" y="2" width="20" height="8" className="fill-fill" />}>p50 to p95</Key>
      <Key
        mark={
          <>
            <path d="M0 6h16" className="stroke-ink" strokeWidth="1.5" />
            <circle cx="16" cy="6" r="2.5" className="fill-ink" />
          </>
        }
      >
        max
      </Key>
      <Key mark={<path d="M10 0v12" className="stroke-muted" strokeWidth="1.5" strokeDasharray="3 2" />}>warning</Key>
      <Key mark={<path d="M10 0v12" className="stroke-ink" strokeWidth="1.5" />}>limit</Key>
    </span>
  );
}

function Key({ mark, children }: { mark: React.ReactNode; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <svg width="20" height="12" aria-hidden="true">
        {mark}
      </svg>
      {children}
    </span>
  );
}
