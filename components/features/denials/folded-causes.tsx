"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Mark } from "@/components/ui/mark";
import { TextLink } from "@/components/ui/text-link";
import type { DenialCause } from "@/lib/contracts/programs";
import { formatCount, plural } from "@/lib/format/count";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { codeColumn, purposeColumn, targetColumn, timesColumn } from "./cause-columns";
import { sinceWords, throughWords } from "./mended-words";

const MENDED: Column<DenialCause>[] = [
  codeColumn,
  targetColumn,
  purposeColumn,
  {
    id: "allowed",
    head: "Allowed",
    width: 232,
    priority: 2,
    cell: ({ mended }) =>
      mended === null ? (
        "–"
      ) : mended.since?.changeSetId == null ? (
        sinceWords(mended)
      ) : (
        <TextLink href={`/policy/${mended.since.changeSetId}`}>{sinceWords(mended)}</TextLink>
      ),
  },
  {
    id: "through",
    head: "Through",
    width: 148,
    isNumber: true,
    cell: ({ mended }) => (mended === null ? "–" : throughWords(mended)),
  },
];

const ACKNOWLEDGED: Column<DenialCause>[] = [
  codeColumn,
  targetColumn,
  purposeColumn,
  {
    id: "by",
    head: "By",
    width: 132,
    priority: 2,
    cell: ({ acknowledged }) => <bdi>{acknowledged?.by.name}</bdi>,
  },
  {
    id: "reason",
    head: "Reason",
    width: 196,
    priority: 3,
    cell: ({ acknowledged }) => (
      <bdi title={acknowledged?.reason} className="block truncate">
        {acknowledged?.reason}
      </bdi>
    ),
  },
  timesColumn,
  {
    id: "acknowledgedAt",
    head: "When",
    width: 96,
    isNumber: true,
    cell: ({ acknowledged }) => (acknowledged === null ? "–" : <RelativeTime at={acknowledged.at} />),
  },
];

/** Causes that need nobody any more, folded away with what can be said of all of them; `isOpen` where they are asked for. */
export function FoldedCauses({
  state,
  causes,
  isOpen = false,
}: {
  state: "mended" | "acknowledged";
  causes: readonly DenialCause[];
  isOpen?: boolean;
}) {
  return (
    <details open={isOpen} className="border-line border-t first:border-t-0">
      <summary className="flex min-h-10 cursor-pointer flex-wrap items-center gap-x-2 px-4 py-2 max-phone:min-h-11">
        <Mark name={state === "mended" ? "yes" : "none"} />
        {state === "mended" ? mendedWords(causes) : acknowledgedWords(causes)}
      </summary>
      <DataTable
        id={`denial-causes-${state}`}
        caption={state === "mended" ? "Causes that were mended" : "Causes that were acknowledged"}
        columns={state === "mended" ? MENDED : ACKNOWLEDGED}
        rows={causes}
        keyOf={(row) => row.cause}
      />
    </details>
  );
}

function mendedWords(causes: readonly DenialCause[]) {
  const [only] = causes;
  if (causes.length === 1 && only?.mended != null) {
    return (
      <>
        <code>{only.target}</code>
        <span className="text-muted">
          {sinceWords(only.mended)}; {throughWords(only.mended)}
        </span>
      </>
    );
  }
  const all = causes.flatMap(({ mended }) => (mended === null ? [] : [mended]));
  const through = all.reduce((sum, one) => addSaturating(sum, one.through), 0);
  return (
    <>
      {plural(causes.length, "mended cause")}
      <span className="text-muted">{throughWords({ through, isAtLeast: all.some((one) => one.isAtLeast) })}</span>
    </>
  );
}

function acknowledgedWords(causes: readonly DenialCause[]) {
  const times = causes.reduce((sum, one) => addSaturating(sum, one.times), 0);
  return (
    <>
      {plural(causes.length, "acknowledged cause")}
      <span className="text-muted">{formatCount(times)} times; opens again where it is new</span>
    </>
  );
}
