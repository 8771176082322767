import Link from "next/link";
import type { Column } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import { RuleName } from "@/components/features/denials/rule-name";
import { CopyButton } from "@/components/ui/copy-button";
import type { DenialRow } from "@/lib/contracts/programs";
import { cutMiddle } from "@/lib/format/identifier";
import { formatRevision } from "@/lib/format/revision";
import { DenialCode } from "./denial-code";

/** One recorded denial a row: id, code, layer, rule and the revision that decided. */
export const denialColumns: Column<DenialRow>[] = [
  {
    id: "denial",
    head: "Denial",
    width: 144,
    priority: 2,
    cell: (row) => (
      <span className="inline-flex items-center">
        <Link
          href={`/denials/${encodeURIComponent(row.denialId)}`}
          className="hover:underline"
          data-denial={row.denialId}
        >
          <code title={row.denialId}>{cutMiddle(row.denialId, 8, 4)}</code>
        </Link>
        <CopyButton text={row.denialId} label="denial id" />
      </span>
    ),
  },
  { id: "code", head: "Code", width: 188, priority: 2, cell: (row) => <DenialCode code={row.code} /> },
  { id: "layer", head: "Layer", width: 84, priority: 3, cell: (row) => row.layer },
  {
    id: "rule",
    head: "Rule",
    width: 112,
    priority: 3,
    cell: (row) => (row.rule === null ? <span className="text-muted">no rule</span> : <RuleName pointer={row.rule} />),
  },
  {
    id: "revision",
    head: "Revision",
    width: 80,
    isNumber: true,
    priority: 3,
    cell: (row) => formatRevision(row.layer === "platform" ? row.platformPosition : row.programPosition),
  },
  {
    id: "target",
    head: "Host or capability",
    cell: (row) => (
      <code title={row.target}>
        {row.target}
        {row.purpose !== null && <span className="@xl:hidden text-muted"> {row.purpose}</span>}
      </code>
    ),
  },
  { id: "purpose", head: "Purpose", width: 80, priority: 2, cell: (row) => row.purpose ?? "–" },
  {
    id: "version",
    head: "Version",
    width: 72,
    priority: 4,
    cell: (row) => (row.versionCode === null ? "–" : `v${row.versionCode}`),
  },
  { id: "device", head: "Device", width: 120, priority: 4, cell: (row) => row.deviceName },
  { id: "at", head: "At", width: 88, isNumber: true, cell: (row) => <RelativeTime at={row.at} /> },
];
