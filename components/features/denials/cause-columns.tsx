import Link from "next/link";
import type { Column } from "@/components/blocks/data-table";
import type { DenialCause } from "@/lib/contracts/programs";
import { formatCount } from "@/lib/format/count";
import { OTHER } from "@/native/core/telemetry/other";
import { DenialCode } from "./denial-code";

/** What a cause is about, as people name it. */
export const nameOfCause = ({ cause, target }: DenialCause): string =>
  cause === OTHER ? "Other causes, counted together" : target;

/** Where the column of codes has given way, the code stands with its target. */
function CauseName({ cause }: { cause: DenialCause }) {
  if (cause.cause === OTHER) {
    return <span title="Past the 200 most frequent of a day they are not told apart.">{nameOfCause(cause)}</span>;
  }
  return (
    <code title={`${cause.code} ${cause.target}`}>
      {cause.target} <span className="@xl:hidden text-muted">{cause.code}</span>
    </code>
  );
}

export const codeColumn: Column<DenialCause> = {
  id: "code",
  head: "Code",
  width: 200,
  priority: 2,
  cell: (row) => (row.cause === OTHER ? "–" : <DenialCode code={row.code} />),
};

export const targetColumn: Column<DenialCause> = {
  id: "target",
  head: "Host or capability",
  cell: (row) =>
    row.newestDenialId === null ? (
      <CauseName cause={row} />
    ) : (
      <Link href={`/denials/${encodeURIComponent(row.newestDenialId)}`} className="hover:underline">
        <CauseName cause={row} />
      </Link>
    ),
};

export const purposeColumn: Column<DenialCause> = {
  id: "purpose",
  head: "Purpose",
  width: 84,
  priority: 4,
  cell: (row) => row.purpose ?? "–",
};

export const timesColumn: Column<DenialCause> = {
  id: "times",
  head: "Times",
  width: 72,
  isNumber: true,
  cell: (row) => formatCount(row.times),
};
