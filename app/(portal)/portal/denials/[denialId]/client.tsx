"use client";

import { useQuery } from "@tanstack/react-query";
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
import { DenialCode } from "@/components/features/denials/denial-code";
import { EffectLine } from "@/components/features/denials/effect-line";
import { Ladder } from "@/components/features/denials/ladder";
import { RuleName } from "@/components/features/denials/rule-name";
import { WhatChanged } from "@/components/features/denials/what-changed";
import { denialWords } from "@/components/features/portal/denial-words";
import { Happens } from "@/components/features/portal/portal-causes";
import { Mark } from "@/components/ui/mark";
import { TextLink } from "@/components/ui/text-link";
import type { PortalDenial } from "@/lib/contracts/portal";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, plural } from "@/lib/format/count";
import { formatInstant } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";
import { runtimeWords } from "@/lib/format/runtime-words";
import { portalDenialQuery } from "@/lib/queries/portal";

/** One denial, with what refused it and what its developers can do. */
export function PortalDenialClient({ denialId }: { denialId: string }) {
  const query = useQuery(portalDenialQuery(denialId));
  return (
    <PageMain>
      <QueryView query={query} name="The denial">
        {(denial) => <Denial denial={denial} />}
      </QueryView>
    </PageMain>
  );
}

function Denial({ denial }: { denial: PortalDenial }) {
  const { code, layer, rule, target, purpose, versionCode, times, devices, changed, who } = denial;
  const position = layer === "platform" ? denial.platformPosition : denial.programPosition;
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
            <span className="text-blocked">Refused</span> <code>{target}</code>
            {purpose !== null && (
              <>
                {" "}
                for <code>{purpose}</code>
              </>
            )}{" "}
            by {rule === null ? "no rule" : <RuleName pointer={rule} />} of{" "}
            {layer === "platform" ? "platform revision" : "revision"}{" "}
            {position === null ? "unknown" : formatRevision(position)}
          </span>
        }
        sub={
          <Meta>
            <DenialCode code={code} />
            <span>layer {layer}</span>
            <span>
              <bdi>{denial.programName}</bdi>
              {versionCode === null ? "" : ` v${versionCode}`}
            </span>
            <span>
              {plural(times, "time")} on {about(plural(devices, "device"), isEstimate(devices))}
            </span>
            <span>
              <RelativeTime at={denial.at} />
            </span>
          </Meta>
        }
      />
      <TwoThirds aside={<Aside denial={denial} />} isAsideFirst>
        <EffectLine effect={denial.effect} />
        <Ladder denial={denial} />
        {changed !== null && <WhatChanged versionCode={versionCode} changed={changed} />}
        <Rule denial={denial} />
        <Panel
          title="Who"
          isAboutLong
          about="versions by what was counted, runtimes by the newest records that are kept; where there are many, some are left out"
        >
          <div className="grid gap-6 p-4 two:grid-cols-2">
            <KeyValues
              items={who.versions.map((one) => [
                `v${one.versionCode}`,
                `${plural(one.times, "time")} on ${about(plural(one.devices, "device"), isEstimate(one.devices))}`,
              ])}
            />
            <KeyValues
              items={who.runtimes.map(({ kind, version, records }) => [
                runtimeWords(kind),
                <span key={version}>
                  <bdi>{version}</bdi>, {plural(records, "record")}
                </span>,
              ])}
            />
          </div>
        </Panel>
      </TwoThirds>
    </>
  );
}

function Aside({ denial }: { denial: PortalDenial }) {
  const { code, layer, target, denialId, appId, programName, similar } = denial;
  return (
    <Panel>
      <div className="grid gap-1 border-line border-b p-4">
        <h2 className="text-section">What you can do</h2>
        <p className="text-muted wrap-anywhere">
          <Happens code={code} target={target} />.
        </p>
        <p>{denialWords(code, layer).remedy}</p>
      </div>
      <div className="p-4">
        <KeyValues
          isNarrow
          items={[
            ["Denial", <Identifier key="id" text={denialId} label="denial id" head={12} tail={6} />],
            [
              "Program",
              <TextLink key="program" href={`/portal/programs/${appId}`}>
                <bdi>{programName}</bdi>
              </TextLink>,
            ],
            ["Document", `revision ${formatRevision(denial.programPosition)}`],
            ["Platform", `revision ${formatRevision(denial.platformPosition)}`],
            ["At", formatInstant(denial.at)],
            [
              "Of this cause",
              similar.length === 0 ? "no other record" : `${plural(similar.length, "other record")} at least`,
            ],
          ]}
        />
      </div>
    </Panel>
  );
}

function Rule({ denial }: { denial: PortalDenial }) {
  const { decidedBy, layer } = denial;
  const position = layer === "platform" ? denial.platformPosition : denial.programPosition;
  const isByRule = decidedBy !== null && decidedBy.pointer !== "";
  return (
    <Panel
      title="Rule"
      about={
        isByRule ? (
          <>
            <RuleName pointer={decidedBy.pointer} /> of revision {formatRevision(position)}
          </>
        ) : (
          "no rule"
        )
      }
    >
      {decidedBy === null ? (
        <EmptyState title="The deciding document is not known">
          The device named no revision with this denial, or it is older than what is kept.
        </EmptyState>
      ) : (
        <div className="grid gap-4 p-4 phone:grid-cols-2">
          {isByRule && decidedBy.value !== null ? (
            <JsonView value={decidedBy.value} />
          ) : (
            <p className="text-muted">
              {decidedBy.wasEverListed === false
                ? "No rule: nothing was ever listed."
                : "No rule of this revision lets it through: the checks above say what refused it."}
            </p>
          )}
          <KeyValues isNarrow items={[["Published", decidedBy.at === null ? "–" : formatInstant(decidedBy.at)]]} />
        </div>
      )}
    </Panel>
  );
}
