"use client";

import { useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import { SensitivityTag } from "@/components/ui/tag";
import type { PortalPublished } from "@/lib/contracts/portal";
import { plural } from "@/lib/format/count";
import { formatDay, formatInstant } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";
import { portalPublishedQuery } from "@/lib/queries/portal";

type Version = PortalPublished["versions"][number];
type Host = PortalPublished["hosts"][number];
type Capability = PortalPublished["capabilities"][number];
type LimitRow = PortalPublished["limits"][number];

const since = <Row extends { since: string | null }>(): Column<Row> => ({
  id: "since",
  head: "Since",
  width: 96,
  isNumber: true,
  cell: (row) =>
    row.since === null ? (
      "–"
    ) : (
      <time dateTime={row.since} title={formatInstant(row.since)}>
        {formatDay(row.since)}
      </time>
    ),
});
const until = (seconds: number | null) => (seconds === null ? "no end" : formatDay(seconds * 1000));

const VERSIONS: Column<Version>[] = [
  {
    id: "version",
    head: "Version",
    cell: ({ code, name }) => (
      <>
        v{code}{" "}
        <span className="text-muted">
          <bdi>{name}</bdi>
        </span>
      </>
    ),
  },
  since(),
];

const HOSTS: Column<Host>[] = [
  { id: "host", head: "Host", cell: ({ host }) => <code>{host}</code> },
  { id: "ports", head: "Ports", width: 96, priority: 2, cell: ({ ports }) => ports.join(", ") },
  { id: "purposes", head: "For", width: 200, cell: ({ purposes }) => purposes.join(", ") },
  {
    id: "from",
    head: "From version",
    width: 104,
    priority: 3,
    cell: ({ fromVersion }) => (fromVersion === null ? "all" : `v${fromVersion}`),
  },
  { id: "pins", head: "Pins", width: 96, priority: 4, cell: ({ pins }) => pins ?? "none" },
  { id: "until", head: "Until", width: 96, priority: 3, cell: (row) => until(row.until) },
  since(),
];

const CAPABILITIES: Column<Capability>[] = [
  {
    id: "name",
    head: "Capability",
    cell: ({ name, title }) => (
      <span title={title}>
        <code>{name}</code> <span className="text-muted @max-xl:hidden">{title}</span>
      </span>
    ),
  },
  {
    id: "sensitivity",
    head: "Sensitivity",
    width: 104,
    priority: 2,
    cell: ({ sensitivity }) => <SensitivityTag sensitivity={sensitivity} />,
  },
  {
    id: "consent",
    head: "Consent",
    width: 112,
    cell: ({ consent }) => (consent === "ask" ? "asks first" : "not asked"),
  },
  {
    id: "constraints",
    head: "Constraints",
    width: 232,
    priority: 3,
    cell: ({ constraints }) =>
      constraints.length === 0 ? (
        <span className="text-muted">none</span>
      ) : (
        <code>{constraints.map(({ kind, value }) => `${kind} ${String(value)}`).join(", ")}</code>
      ),
  },
  { id: "until", head: "Until", width: 96, priority: 3, cell: (row) => until(row.until) },
  since(),
];

const LIMITS: Column<LimitRow>[] = [
  { id: "name", head: "Limit", cell: ({ name }) => LIMIT_WORDS[name].title },
  { id: "max", head: "Limit at", width: 112, isNumber: true, cell: ({ name, max }) => formatLimit(name, max) },
  {
    id: "warn",
    head: "Warning at",
    width: 112,
    isNumber: true,
    priority: 2,
    cell: ({ name, warn }) => formatLimit(name, warn),
  },
  {
    id: "action",
    head: "When crossed",
    width: 112,
    priority: 2,
    cell: ({ name, action }) => <code>{name === "cacheBytes" ? "evicts" : action}</code>,
  },
  {
    id: "source",
    head: "Set for",
    width: 128,
    priority: 3,
    cell: ({ source }) => (source === "program" ? "this program" : "all programs"),
  },
  since(),
];

/** What devices enforce for the program, and since when. */
export function PublishedClient({ appId }: { appId: string }) {
  const query = useQuery(portalPublishedQuery(appId));
  return (
    <QueryView query={query} name="What is published">
      {(published) =>
        published.position === null ? (
          <Panel>
            <EmptyState title="Nothing is published yet">
              Hosts, capabilities and limits appear here once a version of the program is listed.
            </EmptyState>
          </Panel>
        ) : (
          <Published published={published} />
        )
      }
    </QueryView>
  );
}

function Published({ published }: { published: PortalPublished }) {
  const { position, since: at, versions, hosts, capabilities, limits } = published;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <p>
        Revision {formatRevision(position)}
        {at !== null && `, decided ${formatInstant(at)}`}. Devices enforce it within minutes; signing it again changes
        the revision and none of this.
      </p>
      <Panel title="Versions" about={`${plural(versions.length, "version")} listed`}>
        <DataTable
          id="published-versions"
          caption="Versions"
          columns={VERSIONS}
          rows={versions}
          keyOf={({ code }) => String(code)}
        />
      </Panel>
      <Panel title="Hosts" about="every other host is refused">
        {hosts.length === 0 ? (
          <EmptyState title="No host">
            Hosts are declared under <code>bulkhead_network</code> of the manifest, each with a reason.
          </EmptyState>
        ) : (
          <DataTable
            id="published-hosts"
            caption="Hosts"
            columns={HOSTS}
            rows={hosts}
            keyOf={(row) => JSON.stringify(row)}
          />
        )}
      </Panel>
      <Panel title="Capabilities" about="every other call is refused">
        {capabilities.length === 0 ? (
          <EmptyState title="No capability">
            Capabilities are declared under <code>req_permissions</code> of the manifest, each with a reason.
          </EmptyState>
        ) : (
          <DataTable
            id="published-capabilities"
            caption="Capabilities"
            columns={CAPABILITIES}
            rows={capabilities}
            keyOf={({ name }) => name}
          />
        )}
      </Panel>
      <Panel title="Limits">
        <DataTable id="published-limits" caption="Limits" columns={LIMITS} rows={limits} keyOf={({ name }) => name} />
      </Panel>
    </div>
  );
}
