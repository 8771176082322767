"use client";

import { useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { Identifier } from "@/components/blocks/identifier";
import { loadedPart } from "@/components/blocks/loaded-part";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { useUrlState } from "@/components/blocks/use-url-state";
import type { VersionView } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { formatBytes } from "@/lib/format/bytes";
import { about, formatCount } from "@/lib/format/count";
import { versionsQuery } from "@/lib/queries/programs";
import { ProgramSide } from "../_parts/program-frame";
import { SignatureState, VersionState } from "./_parts/attestation";

const VersionPanel = loadedPart(() => import("./_parts/version-panel").then((part) => part.VersionPanel));

const COLUMNS: Column<VersionView>[] = [
  {
    id: "version",
    head: "Version",
    width: 136,
    cell: (row) => (
      <>
        <strong className="font-medium">
          <bdi>{row.name}</bdi>
        </strong>{" "}
        <span className="text-muted">code {row.code}</span>
      </>
    ),
  },
  { id: "state", head: "State", width: 148, cell: (row) => <VersionState state={row.state} /> },
  { id: "signature", head: "Attestation", cell: (row) => <SignatureState version={row} /> },
  {
    id: "digest",
    head: "SHA-256",
    width: 168,
    priority: 3,
    cell: (row) => <Identifier text={row.sha256} label="digest" />,
  },
  { id: "engine", head: "Engine", width: 72, priority: 4, cell: (row) => row.engine },
  { id: "size", head: "Size", width: 88, isNumber: true, priority: 4, cell: (row) => formatBytes(row.sizeBytes) },
  {
    id: "devices",
    head: "Devices, 24 h",
    width: 104,
    isNumber: true,
    priority: 2,
    cell: (row) => about(formatCount(row.devices24h), isEstimate(row.devices24h)),
  },
  {
    id: "submitted",
    head: "Submitted",
    width: 104,
    isNumber: true,
    priority: 2,
    cell: (row) => <RelativeTime at={row.submittedAt} />,
  },
];

/** A code names the one version that has it; one that was refused or taken back has given it free. */
const keyOfVersion = ({ code, state, listedAt, submissionId }: VersionView) =>
  state === "submitted" || state === "listed" || listedAt !== null ? String(code) : submissionId;

/** Every version that was ever submitted, with what attests it. */
export function VersionsClient({ appId }: { appId: string }) {
  const query = useQuery(versionsQuery(appId));
  const { params, change } = useUrlState();
  const selected = params.get("version");
  const version = query.data?.items.find((row) => keyOfVersion(row) === selected);
  return (
    <>
      <Panel>
        <QueryView query={query} name="Versions" unaffected="Devices and publishing are unaffected.">
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No version yet">
                The publisher submits one: <code>npx bulkhead submit DIR.ma</code>
              </EmptyState>
            ) : (
              <DataTable
                id="versions"
                caption="Versions"
                columns={COLUMNS}
                rows={items}
                keyOf={keyOfVersion}
                selectedKey={selected}
                onSelect={(row) => change({ version: keyOfVersion(row) })}
              />
            )
          }
        </QueryView>
      </Panel>
      <p className="mt-3 text-muted">
        Each bundle was verified once, when it was handed in. Its file is read again about once a day; damage is told
        here and under Readiness.
      </p>
      {version !== undefined && (
        <ProgramSide>
          <VersionPanel key={version.submissionId} version={version} onClose={() => change({ version: null })} />
        </ProgramSide>
      )}
    </>
  );
}
