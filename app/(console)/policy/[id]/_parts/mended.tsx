"use client";

import { type Column, DataTable } from "@/components/blocks/data-table";
import { Panel } from "@/components/blocks/panel";
import { DenialCode } from "@/components/features/denials/denial-code";
import { throughWords } from "@/components/features/denials/mended-words";
import { TextLink } from "@/components/ui/text-link";
import type { ChangeSetDetail } from "@/lib/contracts/change-sets";
import { formatCount } from "@/lib/format/count";

type Row = ChangeSetDetail["mended"][number];

const COLUMNS: Column<Row>[] = [
  { id: "code", head: "Was refused as", width: 200, priority: 2, cell: ({ code }) => <DenialCode code={code} /> },
  {
    id: "target",
    head: "Host or capability",
    cell: ({ cause, target, purpose }) => (
      <TextLink href={`/denials/${cause}`}>
        <code title={target}>{target}</code>
        {purpose !== null && <span className="text-muted"> {purpose}</span>}
      </TextLink>
    ),
  },
  {
    id: "program",
    head: "Program",
    width: 168,
    priority: 3,
    cell: ({ programName, versionCode }) => (
      <>
        <bdi>{programName}</bdi> v{versionCode}
      </>
    ),
  },
  { id: "through", head: "Since then", width: 148, isNumber: true, cell: throughWords },
];

/** Did it help: what was refused and is let through since this decision. */
export function Mended({ set }: { set: ChangeSetDetail }) {
  const { mended, mendedTotal } = set;
  if (mended.length === 0) return null;
  const shown = mended.length < mendedTotal ? `, ${formatCount(mended.length)} shown` : "";
  return (
    <Panel title="What it mended" about={`${formatCount(mendedTotal)} of what was refused is allowed since${shown}`}>
      <DataTable
        id="mended"
        caption="Causes of denials that it mended"
        columns={COLUMNS}
        rows={mended}
        keyOf={({ appId, cause, purpose }) => `${appId} ${cause} ${purpose}`}
      />
    </Panel>
  );
}
