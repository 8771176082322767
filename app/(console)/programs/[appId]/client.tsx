"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Bullet } from "@/components/blocks/bullet";
import { EmptyState } from "@/components/blocks/empty-state";
import { KeyValues } from "@/components/blocks/key-values";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Sparkline } from "@/components/blocks/sparkline";
import { TwoThirds } from "@/components/blocks/toolbar";
import { SpreadView } from "@/components/features/change-sets/spread-line";
import { DenialCauses, RefusedTimes } from "@/components/features/denials/denial-causes";
import { Measure } from "@/components/features/measures/measure";
import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import { TextLink } from "@/components/ui/text-link";
import type { LimitTable, ProgramDetail } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount, plural } from "@/lib/format/count";
import { formatDay } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";
import { denialsQuery, limitsQuery, programQuery, spreadQuery } from "@/lib/queries/programs";

/** What a program does today, how close it is to its limits, and which devices have its newest decision. */
export function ProgramOverview({ appId }: { appId: string }) {
  const program = useQuery(programQuery(appId));
  const limits = useQuery(limitsQuery(appId, "24h"));
  const denials = useQuery(denialsQuery(appId, "24h"));
  const spread = useQuery(spreadQuery(appId));
  return (
    <TwoThirds
      aside={
        <div className="grid gap-4">
          <Panel title="Who has it" about="live" isPadded>
            <QueryView query={spread} name="The spread">
              {(data) => <SpreadView spread={data} />}
            </QueryView>
          </Panel>
          {program.data && <Facts program={program.data} />}
        </div>
      }
    >
      <Panel
        title="Denials"
        about={denials.data && <RefusedTimes appId={appId} times={denials.data.timesTotal} />}
        actions={<TextLink href={`/programs/${appId}/blocked`}>See all</TextLink>}
      >
        <QueryView query={denials} name="Denials" unaffected="Devices and publishing are unaffected.">
          {({ causes }) =>
            causes.length === 0 ? (
              <EmptyState title="No denials in 24 h">
                {formatCount(program.data?.requests24h ?? 0)} requests allowed. What this program is refused appears
                here within seconds.
              </EmptyState>
            ) : (
              <DenialCauses appId={appId} range="24h" causes={causes.slice(0, 5)} />
            )
          }
        </QueryView>
      </Panel>
      <Panel
        title="Limits"
        isAboutLong
        about="device-minutes of 24 h: p50 to p95, greatest"
        actions={<TextLink href={`/programs/${appId}/limits`}>See all</TextLink>}
      >
        <QueryView query={limits} name="Limits">
          {(data) => <MeasuredLimits table={data} />}
        </QueryView>
      </Panel>
    </TwoThirds>
  );
}

function MeasuredLimits({ table }: { table: LimitTable }) {
  const rows = table.rows.flatMap(({ name, observed, effective }) =>
    observed === null || effective === null ? [] : [{ name, observed, effective }],
  );
  if (rows.length === 0) {
    return <EmptyState title="Nothing measured in 24 h">As soon as a device runs it, its use appears here.</EmptyState>;
  }
  return (
    <ul className="py-2">
      {rows.map(({ name, observed, effective }) => (
        <li
          key={name}
          className="grid min-h-8 grid-cols-[160px_minmax(0,1fr)_168px] items-center gap-4 px-4 max-phone:grid-cols-[minmax(0,1fr)_auto]"
        >
          <span>{LIMIT_WORDS[name].title}</span>
          <span className="max-phone:hidden">
            <Bullet
              {...observed}
              warn={effective.warn}
              limit={effective.max}
              label={`${name}: p95 ${formatLimit(name, observed.p95)} of ${formatLimit(name, effective.max)}`}
            />
          </span>
          <span className="whitespace-nowrap text-right">
            <strong className="font-medium">{formatLimit(name, observed.p95)}</strong>{" "}
            <span className="text-muted">of {formatLimit(name, effective.max)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Facts({ program }: { program: ProgramDetail }) {
  const { publisher, liveVersion, waitingVersion, position, documentExpiresAt, createdAt, appId } = program;
  return (
    <Panel title="Program" isPadded>
      <KeyValues
        items={[
          [
            "Publisher",
            <Link key="publisher" href="/publishers" className="hover:underline">
              <bdi>{publisher.name}</bdi>
            </Link>,
          ],
          ["Live version", liveVersion === null ? "none" : `${liveVersion.name}, code ${liveVersion.code}`],
          [
            "Waits",
            waitingVersion === null ? (
              "nothing"
            ) : (
              <TextLink key="waits" href={`/programs/${appId}/versions`}>
                <bdi>{waitingVersion.name}</bdi>
              </TextLink>
            ),
          ],
          [
            "Document",
            position === null
              ? "none yet"
              : `revision ${formatRevision(position)}${documentExpiresAt === null ? "" : `, expires ${formatDay(documentExpiresAt)}`}`,
          ],
          [
            "Requests",
            <span key="requests">
              <Measure name="requests" of={appId} range="24h" value={program.requests24h} /> in 24 h,{" "}
              <Measure name="blocked" of={appId} range="24h" value={program.blocked24h} /> blocked
            </span>,
          ],
          [
            "Devices",
            <span key="devices">
              <Measure name="devices" of={appId} range="24h" value={program.devices24h}>
                {about(plural(program.devices24h, "device"), isEstimate(program.devices24h))}
              </Measure>{" "}
              in 24 h
            </span>,
          ],
          [
            "Blocked, 14 d",
            <Sparkline key="blocked" values={program.blocked14d} tone="blocked" label="Blocked in each of 14 days" />,
          ],
          ["Registered", <RelativeTime key="created" at={createdAt} />],
        ]}
      />
    </Panel>
  );
}
