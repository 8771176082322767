"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Bullet } from "@/components/blocks/bullet";
import { KeyValues } from "@/components/blocks/key-values";
import { LoadingRows } from "@/components/blocks/loading-rows";
import { QueryView } from "@/components/blocks/query-view";
import { SidePanel, SideSection } from "@/components/blocks/side-panel";
import { Sparkline } from "@/components/blocks/sparkline";
import { nameOfCause } from "@/components/features/denials/cause-columns";
import { RefusedTimes } from "@/components/features/denials/denial-causes";
import { Measure } from "@/components/features/measures/measure";
import { formatLimit, LIMIT_WORDS } from "@/components/features/programs/limit-words";
import { ProgramState } from "@/components/features/programs/program-state";
import { Button } from "@/components/ui/button";
import { buttonLook } from "@/components/ui/button-look";
import { Kbd } from "@/components/ui/kbd";
import { Meter } from "@/components/ui/meter";
import { Tile } from "@/components/ui/tile";
import { whenOpened } from "@/components/ui/when-opened";
import type { ProgramDetail } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount } from "@/lib/format/count";
import { formatDay } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";
import { denialsQuery, limitsQuery, programQuery } from "@/lib/queries/programs";
import { useMay } from "@/lib/queries/use-may";
import { OTHER } from "@/native/core/telemetry/other";

const SuspendDialog = whenOpened(() =>
  import("@/components/features/programs/suspend-dialog").then((part) => part.SuspendDialog),
);

/** One program beside the list: what was blocked, how close it is to its limits, whose it is. */
export function ProgramPanel({ appId, onClose }: { appId: string; onClose(): void }) {
  const query = useQuery(programQuery(appId));
  const mayNarrow = useMay().narrow("status");
  const [isSuspending, setSuspending] = useState(false);
  const program = query.data;
  return (
    <>
      <SidePanel
        label={program?.name ?? appId}
        title={program?.name ?? appId}
        sub={<code>{appId}</code>}
        lead={<Tile name={program?.name ?? appId} isLarge />}
        actions={
          <Link href={`/programs/${appId}`} className={buttonLook({ tone: "quiet", size: "small" })}>
            Open <Kbd>Enter</Kbd>
          </Link>
        }
        footer={
          <>
            {mayNarrow && program?.status === "active" && (
              <Button tone="danger" onClick={() => setSuspending(true)}>
                Suspend program…
              </Button>
            )}
            <span className="flex-1" />
            <Link href={`/programs/${appId}/access`} className={buttonLook()}>
              Change access
            </Link>
          </>
        }
        onClose={onClose}
      >
        <QueryView query={query} name="The program">
          {(data) => <ProgramFacts program={data} />}
        </QueryView>
      </SidePanel>
      {isSuspending && program !== undefined && (
        <SuspendDialog program={program} onClose={() => setSuspending(false)} />
      )}
    </>
  );
}

function ProgramFacts({ program }: { program: ProgramDetail }) {
  const denials = useQuery(denialsQuery(program.appId, "24h"));
  const limits = useQuery(limitsQuery(program.appId, "24h"));
  const causes = (denials.data?.causes ?? []).slice(0, 4);
  const most = Math.max(1, ...causes.map(({ times }) => times));
  const measured = (limits.data?.rows ?? []).filter((row) => row.observed !== null && row.effective !== null);
  return (
    <>
      <SideSection
        title="Denials"
        about={denials.data && <RefusedTimes appId={program.appId} times={denials.data.timesTotal} />}
      >
        <Sparkline
          values={program.blocked14d}
          tone="blocked"
          width={440}
          height={40}
          label="Blocked in each of the last 14 days"
        />
        <ul className="mt-2 grid gap-1">
          {causes.map((cause) => (
            <li key={cause.cause} className="grid grid-cols-[minmax(0,1fr)_120px_56px] items-center gap-3">
              <span className="truncate" title={`${cause.code} ${nameOfCause(cause)}`}>
                {cause.cause === OTHER ? nameOfCause(cause) : <code>{nameOfCause(cause)}</code>}
              </span>
              <Meter share={cause.times / most} tone="blocked" />
              <span className="text-right">
                <Measure name="refused" of={`${program.appId} ${cause.cause}`} range="24h" value={cause.times} />
              </span>
            </li>
          ))}
          {denials.isPending && <LoadingRows rows={3} />}
          {denials.isSuccess && causes.length === 0 && <li className="text-muted">Nothing was blocked.</li>}
        </ul>
      </SideSection>
      <SideSection title="Limits" about="p50 to p95, greatest; 24 h">
        <ul className="grid gap-1">
          {measured.map(
            ({ name, observed, effective }) =>
              observed !== null &&
              effective !== null && (
                <li key={name} className="grid grid-cols-[132px_minmax(0,1fr)_132px] items-center gap-3">
                  <span>{LIMIT_WORDS[name].title}</span>
                  <Bullet
                    {...observed}
                    warn={effective.warn}
                    limit={effective.max}
                    label={`${LIMIT_WORDS[name].title}: p95 ${formatLimit(name, observed.p95)} of ${formatLimit(name, effective.max)}`}
                  />
                  <span className="whitespace-nowrap text-right">
                    {formatLimit(name, observed.p95)}{" "}
                    <span className="text-muted">of {formatLimit(name, effective.max)}</span>
                  </span>
                </li>
              ),
          )}
          {limits.isPending && <LoadingRows rows={3} />}
          {limits.isSuccess && measured.length === 0 && <li className="text-muted">Nothing was measured in 24 h.</li>}
        </ul>
      </SideSection>
      <SideSection>
        <KeyValues
          items={[
            [
              "State",
              <ProgramState
                key="state"
                status={program.status}
                hasVersion={program.liveVersion !== null}
                isHeld={program.isHeld}
              />,
            ],
            ["Publisher", program.publisher.name],
            ["Live version", program.liveVersion?.name ?? "none"],
            [
              "Devices, 24 h",
              <Measure key="devices" name="devices" of={program.appId} range="24h" value={program.devices24h}>
                {about(formatCount(program.devices24h), isEstimate(program.devices24h))}
              </Measure>,
            ],
            [
              "Document",
              program.position === null
                ? "none yet"
                : `revision ${formatRevision(program.position)}${program.documentExpiresAt === null ? "" : `, expires ${formatDay(program.documentExpiresAt)}`}`,
            ],
          ]}
        />
      </SideSection>
    </>
  );
}
