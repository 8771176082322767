"use client";

import type { ReactNode } from "react";
import { useNow } from "@/components/blocks/now";
import { Panel } from "@/components/blocks/panel";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Measure } from "@/components/features/measures/measure";
import type { MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import { TextLink } from "@/components/ui/text-link";
import type { Overview } from "@/lib/contracts/overview";
import { plural } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";
import { formatTime } from "@/lib/format/instant";
import { formatRevision } from "@/lib/format/revision";

type Line = {
  mark: MarkName;
  name: string;
  detail: ReactNode;
  value: ReactNode;
  link?: { href: string; label: string };
};

/** Whether a decision reaches devices, and what they do is seen. */
export function LoopHealth({ loop }: { loop: Overview["loop"] }) {
  const nowMs = useNow();
  const lines = healthOf(loop, nowMs);
  const known = lines.filter(({ mark }) => mark !== "none").length;
  const looks = lines.filter(({ mark }) => mark === "waiting" || mark === "differs").length;
  return (
    <Panel
      title="Health of the loop"
      actions={
        <span className="text-muted">
          {looks > 0
            ? `${looks} of ${lines.length} need a look`
            : known === lines.length
              ? "all well"
              : `${known} of ${lines.length} measured, and well`}
        </span>
      }
    >
      <ul>
        {lines.map(({ mark, name, detail, value, link }) => (
          <li
            key={name}
            className="grid min-h-13 grid-cols-[20px_minmax(0,1fr)_auto] content-center gap-x-1 border-line border-b px-4 py-2 last:border-b-0"
          >
            <span className="pt-0.5">
              <State mark={mark} isQuiet={mark === "yes"} />
            </span>
            <span>{name}</span>
            <span className="text-right font-semibold">{value}</span>
            <span className="col-start-2 text-hint text-muted">{detail}</span>
            {link && (
              <TextLink href={link.href} className="text-right text-label">
                {link.label}
              </TextLink>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function healthOf(loop: Overview["loop"], nowMs: number): Line[] {
  const { spread, devices, audit, platformExpiresAt, platformIssuedAt, newestTelemetryAt, discardedSamples } = loop;
  const left = platformExpiresAt === null ? null : Date.parse(platformExpiresAt) - nowMs;
  const applied = spread?.applied ?? null;
  const behind = spread === null ? 0 : spread.total - spread.reached;
  return [
    {
      mark: applied === null ? "none" : "yes",
      name: "Decision to device",
      detail:
        applied === null
          ? "no publish since a device was there"
          : `revision ${formatRevision(applied.position)}, half of ${plural(applied.devices, "device")}; 95 of 100 within ${formatDuration(applied.mostMs)}`,
      value:
        applied === null ? (
          "–"
        ) : (
          <Measure name="applied" of={formatRevision(applied.position)} value={applied.halfMs}>
            {formatDuration(applied.halfMs)}
          </Measure>
        ),
      ...(spread === null ? {} : { link: { href: "/fleet", label: "See spread" } }),
    },
    {
      mark: left === null ? "waiting" : left < 4 * 3_600_000 ? "waiting" : "yes",
      name: "Platform document expires in",
      detail:
        platformIssuedAt === null
          ? "not signed yet"
          : `signed ${formatTime(platformIssuedAt)} UTC, and again by itself`,
      value: left === null ? "–" : left <= 0 ? "expired" : formatDuration(left),
    },
    {
      mark: spread === null || spread.total === 0 ? "none" : behind === 0 ? "yes" : "waiting",
      name: `Devices on revision ${formatRevision(loop.platformPosition)}`,
      detail: behind === 0 ? "all that were seen in 24 h" : `${plural(behind, "device")} behind`,
      value:
        spread === null ? (
          "–"
        ) : (
          <>
            <Measure name="reached" of={formatRevision(spread.position)} value={spread.reached} /> of{" "}
            <Measure name="seen" value={spread.total} />
          </>
        ),
      link: { href: "/fleet", label: behind === 0 ? "See fleet" : `See ${behind}` },
    },
    {
      mark: devices.total === 0 ? "none" : devices.stale + devices.degraded === 0 ? "yes" : "waiting",
      name: "Stale and degraded devices",
      detail: "not seen in 24 h; without a layer of confinement",
      value: (
        <>
          <Measure name="stale" value={devices.stale} /> and <Measure name="degraded" value={devices.degraded} />
        </>
      ),
      link: { href: "/fleet", label: "See fleet" },
    },
    {
      mark: newestTelemetryAt === null ? "none" : "yes",
      name: "Newest telemetry",
      detail: (
        <Measure name="lost" value={discardedSamples}>
          {plural(discardedSamples, "sample")} lost by devices
        </Measure>
      ),
      value: newestTelemetryAt === null ? "none yet" : <RelativeTime at={newestTelemetryAt} />,
      link: { href: "/programs", label: "See programs" },
    },
    {
      mark: audit.isWhole ? "yes" : "differs",
      name: "Audit chain",
      detail: (
        <>
          <Measure name="auditEntries" value={audit.entries}>
            {plural(audit.entries, "entry", "entries")}
          </Measure>
          {audit.isWhole && ", no gap"}
        </>
      ),
      value: audit.isWhole ? `Verified ${formatTime(audit.checkedAt)}` : "Does not hold",
      link: { href: "/audit", label: "Verify" },
    },
  ];
}
