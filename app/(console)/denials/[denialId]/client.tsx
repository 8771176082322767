"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { DataTable } from "@/components/blocks/data-table";
import { EmptyState } from "@/components/blocks/empty-state";
import { Identifier } from "@/components/blocks/identifier";
import { JsonView } from "@/components/blocks/json-view";
import { KeyValues } from "@/components/blocks/key-values";
import { Meta, PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Panel } from "@/components/blocks/panel";
import { QueryView } from "@/components/blocks/query-view";
import { RelativeTime } from "@/components/blocks/relative-time";
import { TwoThirds } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { DenialCode } from "@/components/features/denials/denial-code";
import { denialColumns } from "@/components/features/denials/denial-columns";
import { EffectLine } from "@/components/features/denials/effect-line";
import { Ladder } from "@/components/features/denials/ladder";
import { RuleName } from "@/components/features/denials/rule-name";
import { WhatChanged } from "@/components/features/denials/what-changed";
import { ReportingLine } from "@/components/features/reporting/reporting-line";
import { Button } from "@/components/ui/button";
import { buttonLook } from "@/components/ui/button-look";
import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";
import { Mark } from "@/components/ui/mark";
import { TextLink } from "@/components/ui/text-link";
import { whenOpened } from "@/components/ui/when-opened";
import type { DenialDetail } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount, plural } from "@/lib/format/count";
import { formatInstant } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";
import { denialQuery, programQuery } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import { Acknowledgement } from "./_parts/acknowledgement";
import { Who } from "./_parts/who";

/** Of a denial's id, what names its cause. */
const CAUSE_LENGTH = 16;

const ProposalSheet = whenOpened(() => import("./_parts/proposal-sheet").then((part) => part.ProposalSheet));
const SuspendDialog = whenOpened(() =>
  import("@/components/features/programs/suspend-dialog").then((part) => part.SuspendDialog),
);

/** One denial, followed to its rule, its revision, its author and its approval. */
export function DenialClient({ denialId }: { denialId: string }) {
  const query = useQuery(denialQuery(denialId));
  const { params, change } = useUrlState();
  const isProposing = params.get("edit") === "proposal";
  const proposal = query.data?.proposal ?? null;
  return (
    <>
      <PageMain>
        <QueryView query={query} name="The denial" unaffected="Devices and publishing are unaffected.">
          {(denial) => (
            <>
              {denial.denialId !== denialId && <Elsewhere asked={denialId} />}
              <Denial denial={denial} onPropose={() => change({ edit: "proposal" })} />
            </>
          )}
        </QueryView>
      </PageMain>
      {isProposing && query.data !== undefined && proposal !== null && (
        <ProposalSheet denial={query.data} proposal={proposal} onClose={() => change({ edit: null })} />
      )}
    </>
  );
}

/** An address that leads to another record than it names says so. */
function Elsewhere({ asked }: { asked: string }) {
  return (
    <Callout tone="waiting" icon={<Mark name="differs" />}>
      {asked.length === CAUSE_LENGTH
        ? "The address names a cause. This is the newest record of it."
        : "The record that the address names is not kept. This is the newest one of the same cause."}
    </Callout>
  );
}

function Denial({ denial, onPropose }: { denial: DenialDetail; onPropose(): void }) {
  const { rule, decidedBy, similar, times, devices } = denial;
  const position = denial.layer === "platform" ? denial.platformPosition : denial.programPosition;
  return (
    <>
      <PageHead
        lead={
          <span className="mt-0.5 grid size-6 place-items-center rounded-control bg-tint-blocked text-blocked">
            <Mark name="no" />
          </span>
        }
        title={
          <span>
            <span className="text-blocked">Refused</span> <code>{denial.target}</code>
            {denial.purpose !== null && (
              <>
                {" "}
                for <code>{denial.purpose}</code>
              </>
            )}{" "}
            by {rule === null ? "no rule" : <RuleName pointer={rule} />} of{" "}
            {denial.layer === "platform" ? "platform revision" : "revision"}{" "}
            {position === null ? "unknown" : formatRevision(position)}
          </span>
        }
        sub={
          <Meta>
            <DenialCode code={denial.code} />
            <span>layer {denial.layer}</span>
            <span>
              <bdi>{denial.programName}</bdi>
              {denial.versionCode === null ? "" : ` v${denial.versionCode}`}
            </span>
            <span>
              {plural(times, "time")} on {about(plural(devices, "device"), isEstimate(devices))}
            </span>
            <span>
              <RelativeTime at={denial.at} />
            </span>
            <ReportingLine watched={{ appId: denial.appId, deviceId: denial.deviceId }} />
          </Meta>
        }
      />
      <TwoThirds aside={<DenialAside denial={denial} onPropose={onPropose} />} isAsideFirst>
        <EffectLine effect={denial.effect} />
        <Ladder denial={denial} />
        {denial.changed !== null && <WhatChanged versionCode={denial.versionCode} changed={denial.changed} />}
        <Who denial={denial} />
        <Panel
          title="Rule"
          about={
            decidedBy === null || decidedBy.pointer === "" ? (
              "no rule"
            ) : (
              <>
                <RuleName pointer={decidedBy.pointer} /> of revision{" "}
                {position === null ? "unknown" : formatRevision(position)}
              </>
            )
          }
        >
          {decidedBy === null ? (
            <EmptyState title="The deciding document is not known">
              The device named no revision with this denial, or it is older than what is kept.
            </EmptyState>
          ) : (
            <div className="grid gap-4 p-4 phone:grid-cols-2">
              {decidedBy.pointer === "" ? (
                <p className="text-muted">{noRuleWords(denial)}</p>
              ) : (
                <JsonView value={decidedBy.value} />
              )}
              <KeyValues
                isNarrow
                items={[
                  [decidedBy.pointer === "" ? "Revision by" : "Written", decidedBy.author ?? "the platform"],
                  ["Approved", decidedBy.approver ?? (decidedBy.changeSetId === null ? "–" : "took one person")],
                  [
                    "With",
                    decidedBy.changeSetId === null ? (
                      "signed again, no decision"
                    ) : (
                      <TextLink key="set" href={`/policy/${decidedBy.changeSetId}`}>
                        Change set {decidedBy.changeSetNumber}
                      </TextLink>
                    ),
                  ],
                  ["At", decidedBy.at === null ? "–" : formatInstant(decidedBy.at)],
                  ["Reason", decidedBy.reason === null ? "none was written" : <q key="reason">{decidedBy.reason}</q>],
                ]}
              />
            </div>
          )}
        </Panel>
        <Panel title="Records of this cause" about="the newest others">
          {similar.length === 0 ? (
            <EmptyState title="No other record">
              Counts: {formatCount(times)}. Single records are left out where there are many.
            </EmptyState>
          ) : (
            <DataTable
              id="similar"
              caption="Denials of the same cause"
              columns={denialColumns}
              rows={similar}
              keyOf={(row) => row.denialId}
              hrefOf={(row) => `/denials/${encodeURIComponent(row.denialId)}`}
            />
          )}
        </Panel>
      </TwoThirds>
    </>
  );
}

function DenialAside({ denial, onPropose }: { denial: DenialDetail; onPropose(): void }) {
  const may = useMay();
  const mayPropose = may.propose("host");
  const mayNarrow = may.narrow("status");
  const program = useQuery(programQuery(denial.appId));
  const [isSuspending, setSuspending] = useState(false);
  const { proposal } = denial;
  return (
    <Panel>
      <div className="grid gap-2 border-line border-b p-4">
        {proposal !== null && mayPropose && (
          <>
            <Button tone="primary" isWide onClick={onPropose}>
              <bdi>{proposal.title}</bdi>
            </Button>
            <p className="text-hint text-muted">Widens: takes two people.</p>
          </>
        )}
        <Link href={`/programs/${denial.appId}/access`} className={buttonLook({ isWide: true })}>
          Open access
        </Link>
        {mayNarrow && program.data?.status === "active" && (
          <>
            <Button tone="danger" isWide onClick={() => setSuspending(true)}>
              Suspend program…
            </Button>
            <p className="text-hint text-muted">Takes one person. Lifting it takes two.</p>
          </>
        )}
      </div>
      <Acknowledgement denial={denial} />
      <div className="p-4">
        <KeyValues
          isNarrow
          items={[
            ["Denial", <Identifier key="id" text={denial.denialId} label="denial id" head={12} tail={6} />],
            ["Cause", <Identifier key="cause" text={causeOfDenial(denial.denialId)} label="cause key" head={16} />],
            [
              "Device",
              <span key="device" className="inline-flex items-center">
                <bdi>{denial.deviceName}</bdi>
                <CopyButton text={denial.deviceId} label="device id" />
              </span>,
            ],
            [
              "Program",
              <span key="program">
                <TextLink href={`/programs/${denial.appId}`}>
                  <bdi>{denial.programName}</bdi>
                </TextLink>
                {denial.versionCode === null ? "" : ` v${denial.versionCode}`}
              </span>,
            ],
            ["Document", `revision ${formatRevision(denial.programPosition)}`],
            ["Platform", `revision ${formatRevision(denial.platformPosition)}`],
            ["At", formatInstant(denial.at)],
          ]}
        />
      </div>
      {isSuspending && program.data && <SuspendDialog program={program.data} onClose={() => setSuspending(false)} />}
    </Panel>
  );
}

/** Of a refusal that names no rule. */
function noRuleWords({ code, layer, decidedBy, proposal }: DenialDetail): string {
  const isMissing = code === "HOST_NOT_ALLOWED" || (code === "PERMISSION_DENIED" && layer === "grant");
  if (!isMissing) return "It was not a rule that refused it: the checks above say what did.";
  const what =
    decidedBy?.wasEverListed === false ? "No rule: nothing was ever listed." : "No rule of this revision speaks of it.";
  return proposal === null ? what : `${what} A proposal would add one.`;
}
