"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp } from "lucide-react";
import { Identifier } from "@/components/blocks/identifier";
import { JsonView } from "@/components/blocks/json-view";
import { KeyValues } from "@/components/blocks/key-values";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { State } from "@/components/ui/state";
import type { AuditEntryView } from "@/lib/contracts/audit";
import { formatCount } from "@/lib/format/count";
import { formatInstant, formatTime } from "@/lib/format/instant";
import { auditEntryQuery, auditListQuery } from "@/lib/queries/audit";
import { ActorName } from "./actor-name";
import { SubjectLink } from "./subject-link";

/** As it is typed; root keys are the reader's own to know, and would prove nothing if this server named them. */
const VERIFY = "npx bulkhead audit verify audit.jsonl --root=THUMBPRINT --root=THUMBPRINT --threshold=N";

type EntryPanelProps = { sequence: number; onStep(sequence: number): void; onClose(): void };

/** One entry: what was before and after, on whose approval, and that its hash fits its neighbours. */
export function EntryPanel({ sequence, onStep, onClose }: EntryPanelProps) {
  const query = useQuery(auditEntryQuery(sequence));
  const newest = useQuery(auditListQuery({})).data?.items[0]?.sequence ?? 0;
  const next = useQuery({ ...auditEntryQuery(sequence + 1), enabled: newest > sequence });
  const entry = query.data;
  return (
    <SidePanel
      label={`Entry ${formatCount(sequence)}`}
      title={`Entry ${formatCount(sequence)}`}
      sub={entry && <code>{entry.action}</code>}
      actions={
        <>
          <Button
            tone="quiet"
            size="icon-small"
            aria-label="Earlier entry"
            why={sequence <= 1 ? "This is the first entry." : null}
            onClick={() => onStep(sequence - 1)}
          >
            <ChevronDown size={16} aria-hidden />
          </Button>
          <Button
            tone="quiet"
            size="icon-small"
            aria-label="Later entry"
            why={
              next.data === undefined ? (newest === sequence ? "This is the newest entry." : "It is being read.") : null
            }
            onClick={() => onStep(sequence + 1)}
          >
            <ChevronUp size={16} aria-hidden />
          </Button>
        </>
      }
      footer={
        <div className="grid min-w-0 gap-1 text-muted">
          <p>Verify an export anywhere, by root keys that come from elsewhere, as from an enrolment file:</p>
          <p className="flex items-center gap-1">
            <code className="min-w-0 wrap-anywhere">{VERIFY}</code>
            <CopyButton text={VERIFY} label="command" />
          </p>
        </div>
      }
      onClose={onClose}
    >
      <QueryView query={query} name="The entry">
        {(data) => <Entry entry={data} next={next.data} isNewest={newest <= sequence} />}
      </QueryView>
    </SidePanel>
  );
}

type EntryProps = { entry: AuditEntryView; next: AuditEntryView | undefined; isNewest: boolean };

function Entry({ entry, next, isNewest }: EntryProps) {
  const previous = useQuery({ ...auditEntryQuery(entry.sequence - 1), enabled: entry.sequence > 1 });
  const hasValues = entry.before !== null || entry.after !== null;
  return (
    <>
      <SideSection>
        <KeyValues
          isNarrow
          items={[
            [
              "At",
              <span key="at">
                {formatInstant(entry.at)} <span className="text-muted">{<RelativeTime at={entry.at} />}</span>
              </span>,
            ],
            ["Who", <ActorName key="who" actor={entry.actor} />],
            ["Object", <SubjectLink key="object" entry={entry} />],
            ...(entry.reason === null ? [] : [["Reason", `“${entry.reason}”`] as const]),
            ...(entry.requestId === null
              ? []
              : [["Request", <Identifier key="request" text={entry.requestId} label="request id" />] as const]),
          ]}
        />
      </SideSection>
      {hasValues && (
        <SideSection title="Before and after">
          <div className="grid gap-2 phone:grid-cols-2">
            <div className="min-w-0">
              <h4 className="mb-1 text-label text-muted">Before</h4>
              <JsonView value={entry.before} />
            </div>
            <div className="min-w-0">
              <h4 className="mb-1 text-label text-muted">After</h4>
              <JsonView value={entry.after} isNew />
            </div>
          </div>
        </SideSection>
      )}
      {entry.changeSetId !== null && <Trail entry={entry} changeSetId={entry.changeSetId} />}
      <SideSection title="Chain">
        <ul className="grid gap-1">
          {entry.sequence > 1 && (
            <ChainLine
              name={formatCount(entry.sequence - 1)}
              sha256={entry.previousSha256}
              fits={previous.data === undefined ? null : previous.data.sha256 === entry.previousSha256}
              unknown="being read"
            />
          )}
          <ChainLine
            name="This entry"
            sha256={entry.sha256}
            fits={next === undefined ? null : next.previousSha256 === entry.sha256}
            unknown={isNewest ? "newest" : "being read"}
          />
        </ul>
      </SideSection>
    </>
  );
}

/** The entries of the same change set, oldest first: proposed, approved, published, signed. */
function Trail({ entry, changeSetId }: { entry: AuditEntryView; changeSetId: string }) {
  const query = useQuery(auditListQuery({ changeSetId }));
  const items = [...(query.data?.items ?? [])].reverse();
  return (
    <SideSection title="On whose approval">
      <ul>
        {items.map((item) => (
          <li key={item.sequence} className="flex min-h-7 items-center gap-2">
            <State mark={item.sequence === entry.sequence ? "live" : "yes"} />
            <span className="min-w-0 flex-1 truncate">
              <code>{item.action}</code> by <ActorName actor={item.actor} />
            </span>
            <span className="whitespace-nowrap text-muted">
              {formatTime(item.at)} · {formatCount(item.sequence)}
            </span>
          </li>
        ))}
      </ul>
    </SideSection>
  );
}

type ChainLineProps = {
  name: string;
  sha256: string;
  /** Null where there is no neighbour to compare it with yet. */
  fits: boolean | null;
  /** What is said then. */
  unknown: string;
};

function ChainLine({ name, sha256, fits, unknown }: ChainLineProps) {
  return (
    <li className="grid grid-cols-[88px_minmax(0,1fr)_max-content] items-center gap-3">
      <span className="text-muted">{name}</span>
      <Identifier text={sha256} label="hash" />
      {fits === null ? (
        <State mark="none">{unknown}</State>
      ) : fits ? (
        <State mark="yes">fits</State>
      ) : (
        <State mark="suspended">does not fit</State>
      )}
    </li>
  );
}
