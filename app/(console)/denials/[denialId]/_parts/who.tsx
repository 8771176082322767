"use client";

import type { ReactNode } from "react";
import { Panel } from "@/components/blocks/panel";
import { Meter } from "@/components/ui/meter";
import type { DenialDetail } from "@/lib/contracts/programs";
import { isEstimate } from "@/lib/domain/measures/device-sketch";
import { about, formatCount, plural } from "@/lib/format/count";
import { runtimeWords } from "@/lib/format/runtime-words";

type Row = { key: string; name: ReactNode; value: number };

/** Whom it met: versions by what was counted, runtimes and devices by the single records that are kept. */
export function Who({ denial }: { denial: DenialDetail }) {
  const { who, devices, times } = denial;
  const { versions, runtimes, records, recordDevices, isMore } = who;
  const shown = who.devices.reduce((sum, one) => sum + one.records, 0);
  return (
    <Panel
      title="Who"
      isAboutLong
      about={`${plural(times, "time")} on ${about(plural(devices, "device"), isEstimate(devices))}; ${isMore ? "the newest " : ""}${plural(records, "single record")} of ${plural(recordDevices, "device")} looked at`}
    >
      <div className="grid gap-6 p-4 two:grid-cols-3">
        <Bars
          title="Version, devices"
          rows={versions.map(({ versionCode, devices: value }) => ({
            key: String(versionCode),
            name: `v${versionCode}`,
            value,
          }))}
        />
        <Bars
          title="Runtime today, records"
          rows={runtimes.map(({ kind, version, records: value }) => ({
            key: `${kind} ${version}`,
            name: <bdi>{`${runtimeWords(kind)} ${version}`}</bdi>,
            value,
          }))}
        />
        <Bars
          title="Device, records"
          rows={[
            ...who.devices.map(({ deviceId, name, records: value }) => ({
              key: deviceId,
              name: <bdi>{name}</bdi>,
              value,
            })),
            ...(records > shown
              ? [
                  {
                    key: "more",
                    name: `${formatCount(recordDevices - who.devices.length)} more`,
                    value: records - shown,
                  },
                ]
              : []),
          ]}
        />
      </div>
    </Panel>
  );
}

function Bars({ title, rows }: { title: string; rows: readonly Row[] }) {
  const greatest = Math.max(1, ...rows.map(({ value }) => value));
  return (
    <div className="min-w-0">
      <h3 className="pb-1 text-label">{title}</h3>
      {rows.length === 0 ? (
        <p className="text-muted">No record is kept.</p>
      ) : (
        <ul>
          {rows.map(({ key, name, value }) => (
            <li key={key} className="grid min-h-6 grid-cols-[minmax(0,1fr)_minmax(48px,96px)_auto] items-center gap-2">
              <span className="truncate">{name}</span>
              <Meter share={value / greatest} tone="blocked" />
              <span className="min-w-8 text-right">{formatCount(value)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
