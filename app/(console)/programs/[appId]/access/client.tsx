"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { DataTable, type RowGroup } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { Toolbar } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { whenOpened } from "@/components/ui/when-opened";
import type { AccessRow, AccessTable } from "@/lib/contracts/programs";
import { plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { accessQuery, programQuery } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { ProgramSide } from "../_parts/program-frame";
import { accessColumns } from "./_parts/columns";
import { readVersion } from "./search-params";

const EditSheet = whenOpened(() => import("./_parts/edit-sheet").then((part) => part.EditSheet));

const NEW_HOST = "new-host";
const NEW_GRANT = "new-grant";

/** What one version may do right now, and which layer decides it. */
export function AccessClient({ appId }: { appId: string }) {
  const { params, change } = useUrlState();
  const version = readVersion(params.get("version"));
  const query = useQuery(accessQuery(appId, version));
  const program = useQuery(programQuery(appId));
  const may = useMay();
  const mayPropose = may.propose("host");
  const mayNarrow = may.narrow("host");
  const mayEdit = mayPropose || mayNarrow;
  const edited = params.get("edit");
  const liveCode = program.data?.liveVersion?.code;
  return (
    <>
      <Toolbar>
        {query.data !== undefined && query.data.versions.length > 0 && (
          <Segmented
            label="Version"
            value={String(query.data.versionCode ?? "")}
            options={query.data.versions.slice(0, 6).map(({ code, name, state }) => ({
              value: String(code),
              label: `${name} ${code === liveCode ? "live" : state === "listed" ? "" : state}`.trim(),
            }))}
            onChange={(code) => change({ version: code, edit: null })}
          />
        )}
        {query.data !== undefined && (
          <p className="text-muted">
            What it may do right now, by revision {formatRevision(query.data.position)} and platform revision{" "}
            {formatRevision(query.data.platformPosition)}
          </p>
        )}
        {mayPropose && (
          <span className="ml-auto flex gap-2">
            <Button onClick={() => change({ edit: NEW_GRANT })}>
              <Plus size={14} aria-hidden />
              Propose grant
            </Button>
            <Button onClick={() => change({ edit: NEW_HOST })}>
              <Plus size={14} aria-hidden />
              Propose host
            </Button>
          </span>
        )}
      </Toolbar>
      <Panel>
        <QueryView query={query} name="Access" unaffected="Devices and publishing are unaffected.">
          {(table) =>
            table.rows.length === 0 ? (
              <NoAccess table={table} />
            ) : (
              <DataTable
                id="access"
                caption="Effective access"
                columns={accessColumns}
                rows={table.rows}
                keyOf={(row) => row.key}
                groups={groupsOf(table.rows)}
                groupOf={(row) => row.kind}
                isTall
                selectedKey={edited}
                {...(mayEdit ? { onSelect: (row: AccessRow) => change({ edit: row.key }) } : {})}
              />
            )
          }
        </QueryView>
      </Panel>
      {edited !== null && mayEdit && query.data !== undefined && (
        <ProgramSide>
          <EditSheet
            key={edited}
            appId={appId}
            programName={program.data?.name ?? appId}
            position={query.data.position}
            target={edited}
            rows={query.data.rows}
            onClose={() => change({ edit: null })}
          />
        </ProgramSide>
      )}
    </>
  );
}

function groupsOf(rows: readonly AccessRow[]): RowGroup[] {
  const count = (kind: AccessRow["kind"], decision: AccessRow["result"]["decision"]) =>
    rows.filter((row) => row.kind === kind && row.result.decision === decision).length;
  const title = (kind: AccessRow["kind"], name: string) => {
    const all = rows.filter((row) => row.kind === kind).length;
    const asks = count(kind, "ask");
    return `${plural(all, name, name === "capability" ? "capabilities" : "hosts")}: ${count(kind, "allow")} allowed, ${asks > 0 ? `${asks} ask the user, ` : ""}${count(kind, "deny")} refused`;
  };
  return [
    {
      key: "capability",
      title: title("capability", "capability"),
      count: rows.filter((row) => row.kind === "capability").length,
    },
    { key: "host", title: title("host", "host"), count: rows.filter((row) => row.kind === "host").length },
  ];
}

function NoAccess({ table }: { table: AccessTable }) {
  if (table.versionCode === null) {
    return (
      <EmptyState title="No version yet">
        What a version declares, is granted and asks for appears here once the publisher has submitted one.
      </EmptyState>
    );
  }
  if (table.position === null) {
    return (
      <EmptyState title="Not published yet">
        This program has no signed document. It gets one when its first version is approved.
      </EmptyState>
    );
  }
  return <EmptyState title="Asks for nothing">This version declares no capability and no host.</EmptyState>;
}
