"use client";

import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { createContext, type ReactNode, useContext, useState } from "react";
import { createPortal } from "react-dom";
import { Identifier } from "@/components/blocks/identifier";
import { Meta, PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { QueryView } from "@/components/blocks/query-view";
import { Measure } from "@/components/features/measures/measure";
import { ProgramState } from "@/components/features/programs/program-state";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Tabs } from "@/components/ui/tabs";
import { TextLink } from "@/components/ui/text-link";
import { Tile } from "@/components/ui/tile";
import { whenOpened } from "@/components/ui/when-opened";
import type { ProgramDetail } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, plural } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { programQuery } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { LiftButton } from "./lift-button";

const SuspendDialog = whenOpened(() =>
  import("@/components/features/programs/suspend-dialog").then((part) => part.SuspendDialog),
);

const SideContext = createContext<HTMLElement | null>(null);

/** Head and tabs of one program; a tab may open a panel beside all of it. */
export function ProgramFrame({ appId, children }: { appId: string; children: ReactNode }) {
  const query = useQuery(programQuery(appId));
  const [side, setSide] = useState<HTMLElement | null>(null);
  return (
    <SideContext value={side}>
      <PageMain>
        <QueryView query={query} name="The program">
          {(program) => <ProgramHead program={program} />}
        </QueryView>
        {children}
      </PageMain>
      <div ref={setSide} className="contents" />
    </SideContext>
  );
}

/** Puts a side panel beside the program's page. */
export function ProgramSide({ children }: { children: ReactNode }) {
  const side = useContext(SideContext);
  return side === null ? null : createPortal(children, side);
}

function ProgramHead({ program }: { program: ProgramDetail }) {
  const may = useMay();
  const [isSuspending, setSuspending] = useState(false);
  const { appId, name, status, isHeld, liveVersion, position, devices24h, denialCauses24h, waitingVersion } = program;
  const at = `/programs/${appId}`;
  return (
    <>
      <PageHead
        lead={<Tile name={name} isLarge />}
        title={name}
        state={<ProgramState status={status} hasVersion={liveVersion !== null} isHeld={isHeld} />}
        sub={
          <Meta>
            <Identifier text={appId} label="app id" head={48} tail={8} />
            <span>{liveVersion === null ? "no version live" : `${liveVersion.name} live`}</span>
            <span>{position === null ? "no document yet" : `revision ${formatRevision(position)}`}</span>
            <span>
              <Measure name="devices" of={appId} range="24h" value={devices24h}>
                {about(plural(devices24h, "device"), isEstimate(devices24h))}
              </Measure>{" "}
              in 24 h
            </span>
            <TextLink href={`/portal/programs/${appId}`}>As its developers see it</TextLink>
          </Meta>
        }
        actions={
          <>
            {status === "active" && may.narrow("status") && (
              <Button tone="danger" onClick={() => setSuspending(true)}>
                Suspend program…
              </Button>
            )}
            {status === "suspended" && may.propose("status") && <LiftButton appId={appId} name={name} />}
          </>
        }
      />
      {isHeld && (
        <Callout tone="waiting" icon={<TriangleAlert size={16} aria-hidden />}>
          Devices keep it suspended: a document that one of them handed back says so, and this store does not know why.
          Suspend it to make that your decision; then two people can lift it.{" "}
          <TextLink href="/readiness" className="underline">
            See what was handed back
          </TextLink>
        </Callout>
      )}
      <Tabs
        label={name}
        tabs={[
          { href: at, label: "Overview" },
          { href: `${at}/versions`, label: "Versions", count: waitingVersion === null ? 0 : 1 },
          { href: `${at}/access`, label: "Access" },
          { href: `${at}/limits`, label: "Limits" },
          { href: `${at}/telemetry`, label: "Telemetry" },
          { href: `${at}/blocked`, label: "Blocked", count: denialCauses24h },
          { href: `${at}/audit`, label: "Audit" },
        ]}
      />
      {isSuspending && <SuspendDialog program={program} onClose={() => setSuspending(false)} />}
    </>
  );
}
