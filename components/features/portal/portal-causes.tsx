"use client";

import Link from "next/link";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { RuleName } from "@/components/features/denials/rule-name";
import type { PortalCause } from "@/lib/contracts/portal";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount, formatShare, plural } from "@/lib/format/count";
import { OTHER } from "@/native/core/telemetry/other";
import { denialWords } from "./denial-words";

/** What happens to the calls of a cause, in one sentence, its target set as code. */
export function Happens({ code, target }: { code: string; target: string }) {
  const [before = "", after = ""] = denialWords(code, "").happens.split("{target}");
  return (
    <>
      {before}
      <code>
        <bdi>{target}</bdi>
      </code>
      {after}
    </>
  );
}

const COLUMNS: Column<PortalCause>[] = [
  {
    id: "happens",
    head: "What happens",
    cellClass: () => "@max-xl:py-1",
    cell: (row) =>
      row.cause === OTHER ? (
        <span title="Past the most frequent of a day they are not told apart.">Other causes, counted together</span>
      ) : (
        <>
          <Cause row={row} />
          <span className="mt-0.5 block truncate text-muted leading-4">
            <code>{row.code}</code>, layer {row.layer}
            {row.rule !== null && (
              <>
                , <RuleName pointer={row.rule} />
              </>
            )}
          </span>
        </>
      ),
  },
  {
    id: "asked",
    head: "Asked by",
    width: 176,
    priority: 3,
    cell: ({ sinceVersion, devices, deviceShare }) => (
      <>
        <span className="block leading-4">{sinceVersion === null ? "–" : `your v${sinceVersion}`}</span>
        <span className="mt-0.5 block text-muted leading-4">
          on {about(plural(devices, "device"), isEstimate(devices))}
          {deviceShare !== null && `, ${formatShare(deviceShare)}`}
        </span>
      </>
    ),
  },
  { id: "times", head: "Times", width: 72, isNumber: true, cell: ({ times }) => formatCount(times) },
  {
    id: "last",
    head: "Last",
    width: 96,
    isNumber: true,
    priority: 4,
    cell: ({ lastAt }) => <RelativeTime at={lastAt} />,
  },
  {
    id: "remedy",
    head: "What you can do",
    width: 344,
    priority: 2,
    cell: ({ cause, code, layer }) => (
      <span className="line-clamp-2 whitespace-normal leading-4">
        {cause === OTHER ? "–" : denialWords(code, layer).remedy}
      </span>
    ),
  },
];

function Cause({ row }: { row: PortalCause }) {
  const text = <Happens code={row.code} target={row.target} />;
  if (row.newestDenialId === null)
    return <span className="block leading-4 @xl:truncate @max-xl:whitespace-normal">{text}</span>;
  return (
    <Link
      href={`/portal/denials/${encodeURIComponent(row.newestDenialId)}`}
      className="block leading-4 hover:underline @xl:truncate @max-xl:whitespace-normal"
    >
      {text}
    </Link>
  );
}

/** What is refused, who asked for it, and what its developers can do; one row a cause. */
export function PortalCauses({ causes }: { causes: readonly PortalCause[] }) {
  return (
    <DataTable
      id="portal-causes"
      caption="Your denials"
      columns={COLUMNS}
      rows={causes}
      keyOf={({ cause }) => cause}
      isTall
    />
  );
}
