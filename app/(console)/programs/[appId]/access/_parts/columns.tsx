import type { Column } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { DenialCode } from "@/components/features/denials/denial-code";
import { RuleName } from "@/components/features/denials/rule-name";
import { classNames } from "@/components/ui/class-names";
import { Mark, type MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import type { AccessRow } from "@/lib/contracts/programs";
import { formatDay } from "@/lib/format/instant";

type Cell = AccessRow["declared"];

const CELL_MARKS: Record<Cell["state"], MarkName> = { yes: "yes", no: "no", ask: "ask", none: "none", until: "none" };
const RESULTS = {
  allow: { mark: "yes", word: "Allowed" },
  ask: { mark: "ask", word: "Asks the user" },
  deny: { mark: "no", word: "Refused" },
} as const;

/** The cell that decides is tinted; a mark alone has its words for those who do not see it. */
function CellMark({ cell }: { cell: Cell }) {
  if (cell.text === "" && cell.state === "none") return null;
  const isQuietNo = cell.state === "no" && !cell.decides;
  return (
    <span
      title={cell.text}
      className={classNames(
        "inline-flex",
        cell.decides && cell.state === "no"
          ? "text-blocked"
          : cell.state === "none" || isQuietNo
            ? "text-muted"
            : "text-ink",
      )}
    >
      <Mark
        name={isQuietNo ? "none" : CELL_MARKS[cell.state]}
        title={cell.decides ? `${cell.text}, decides` : cell.text}
      />
    </span>
  );
}

const tint = (cell: Cell) => (cell.decides ? "bg-tint-blocked" : undefined);
const asks = (cell: Cell) => (cell.decides && cell.state === "no" ? "bg-tint-blocked" : undefined);

export const accessColumns: Column<AccessRow>[] = [
  {
    id: "name",
    head: "Capability or host",
    cell: (row) => (
      <>
        <code className="block @xl:truncate @max-xl:whitespace-normal leading-4 wrap-anywhere" title={row.name}>
          {row.name}
        </code>
        <span className="mt-0.5 block truncate text-muted leading-4">
          {[row.sensitivity, row.detail].filter(Boolean).join(", ")}
        </span>
      </>
    ),
  },
  {
    id: "declared",
    head: "Declared",
    width: 76,
    priority: 3,
    cell: (row) => <CellMark cell={row.declared} />,
    cellClass: (row) => classNames("text-center", tint(row.declared)),
  },
  {
    id: "granted",
    head: "Granted",
    width: 72,
    priority: 3,
    cell: (row) => <CellMark cell={row.granted} />,
    cellClass: (row) => classNames("text-center", tint(row.granted)),
  },
  {
    id: "consent",
    head: "Consent",
    width: 72,
    priority: 3,
    cell: (row) => <CellMark cell={row.consent} />,
    cellClass: (row) => classNames("text-center", asks(row.consent)),
  },
  {
    id: "platform",
    head: "Platform",
    width: 76,
    priority: 3,
    cell: (row) => <CellMark cell={row.platform} />,
    cellClass: (row) => classNames("text-center", tint(row.platform)),
  },
  {
    id: "until",
    head: "Until",
    width: 84,
    isNumber: true,
    priority: 4,
    cell: (row) =>
      row.until.state === "until" ? (
        <span className={row.until.decides ? "font-semibold text-blocked" : ""}>{formatDay(row.until.text)}</span>
      ) : (
        ""
      ),
    cellClass: (row) => tint(row.until),
  },
  {
    id: "used",
    head: "Used",
    width: 88,
    isNumber: true,
    priority: 2,
    cell: (row) => (
      <span className="text-muted">{row.lastUsedAt === null ? "never" : <RelativeTime at={row.lastUsedAt} />}</span>
    ),
  },
  {
    id: "result",
    head: "Result, decided by",
    width: 200,
    cell: (row) => (
      <>
        <span className="flex leading-4">
          <State mark={RESULTS[row.result.decision].mark}>
            {row.result.isPartly ? "In part: " : ""}
            {RESULTS[row.result.decision].word}
          </State>
          <span className="ml-auto text-muted">{row.result.layer}</span>
        </span>
        <span className="mt-0.5 block truncate text-muted leading-4">
          {row.result.decision === "allow" && row.result.rule !== null ? (
            <RuleName pointer={row.result.rule} />
          ) : (
            <DenialCode code={row.result.code} />
          )}
        </span>
      </>
    ),
    cellClass: () => "border-line border-l",
  },
];
