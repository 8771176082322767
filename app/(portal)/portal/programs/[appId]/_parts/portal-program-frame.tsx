"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Identifier } from "@/components/blocks/identifier";
import { Meta, PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { QueryView } from "@/components/blocks/query-view";
import { useUrlState } from "@/components/blocks/use-url-state";
import { Measure } from "@/components/features/measures/measure";
import { ProgramState } from "@/components/features/programs/program-state";
import { Segmented } from "@/components/ui/segmented";
import { Tabs } from "@/components/ui/tabs";
import { Tile } from "@/components/ui/tile";
import type { PortalProgram } from "@/lib/contracts/portal";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { isLimitReached } from "@/lib/domain/measures/limit-reached";
import { QUOTA_RANGE } from "@/lib/domain/time-ranges";
import { about, plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { portalProgramQuery, portalQuotaQuery } from "@/lib/queries/portal";
import { readVersion } from "../search-params";

/** Versions that one may choose between beside all of them. */
const VERSIONS_SHOWN = 3;

/** Head and tabs of one of a developer's programs. */
export function PortalProgramFrame({ appId, children }: { appId: string; children: ReactNode }) {
  const query = useQuery(portalProgramQuery(appId));
  return (
    <PageMain>
      <QueryView query={query} name="The program">
        {(program) => <Head program={program} />}
      </QueryView>
      {children}
    </PageMain>
  );
}

function Head({ program }: { program: PortalProgram }) {
  const { appId, name, status, isHeld, liveVersion, waitingVersion, position, devices24h, versions } = program;
  const { params, change } = useUrlState();
  const version = readVersion(params.get("version"));
  const quota = useQuery(portalQuotaQuery(appId, version));
  const at = `/portal/programs/${appId}`;
  const rows = quota.data?.rows;
  const shown = versions.filter(({ listedAt }) => listedAt !== null).slice(0, VERSIONS_SHOWN);
  return (
    <>
      <PageHead
        lead={<Tile name={name} isLarge />}
        title={
          <span>
            <bdi>{name}</bdi>
            {rows !== undefined && (
              <>
                {" reaches "}
                <Measure
                  name="limitsReached"
                  of={version === undefined ? appId : `${appId} v${version}`}
                  range={QUOTA_RANGE}
                  value={rows.filter(isLimitReached).length}
                />
                {` of ${plural(rows.length, "limit")}`}
              </>
            )}
          </span>
        }
        state={<ProgramState status={status} hasVersion={liveVersion !== null} isHeld={isHeld} />}
        sub={
          <Meta>
            <Identifier text={appId} label="app id" head={48} tail={8} />
            <span>{liveVersion === null ? "no version live" : `v${liveVersion.code} live`}</span>
            {waitingVersion !== null && <span>v{waitingVersion.code} waits for review</span>}
            <span>{position === null ? "nothing published yet" : `revision ${formatRevision(position)}`}</span>
            <span>
              <Measure name="devices" of={appId} range="24h" value={devices24h}>
                {about(plural(devices24h, "device"), isEstimate(devices24h))}
              </Measure>{" "}
              in 24 h
            </span>
          </Meta>
        }
        actions={
          shown.length > 1 && (
            <Segmented
              label="Version"
              value={version === undefined ? "all" : String(version)}
              onChange={(next) => change({ version: next === "all" ? null : next })}
              options={[
                { value: "all", label: "All versions" },
                ...shown.map(({ code }) => ({
                  value: String(code),
                  label: code === liveVersion?.code ? `v${code} live` : `v${code}`,
                })),
              ]}
            />
          )
        }
      />
      <Tabs
        label={name}
        tabs={[
          { href: at, label: "Quota and denials" },
          { href: `${at}/published`, label: "Published" },
        ]}
      />
    </>
  );
}
