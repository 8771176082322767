import type { Column } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import type { MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import type { DeviceView } from "@/lib/contracts/devices";
import { LABEL_NAMES, type Labels } from "@/lib/domain/labels";
import { formatCount } from "@/lib/format/count";
import { formatRevision } from "@/lib/format/revision";
import { runtimeWords } from "@/lib/format/runtime-words";
import type { Position } from "@/native/core/documents/position";
import { isCounted } from "@/native/core/telemetry/discard-reasons";

const STATES: Record<DeviceView["state"], { mark: MarkName; word: string }> = {
  current: { mark: "live", word: "Current" },
  behind: { mark: "waiting", word: "Behind" },
  stale: { mark: "waiting", word: "Stale" },
  never_seen: { mark: "proposed", word: "Never seen" },
  revoked: { mark: "suspended", word: "Revoked" },
};

export function DeviceState({ state }: { state: DeviceView["state"] }) {
  return <State mark={STATES[state].mark}>{STATES[state].word}</State>;
}

/** What it had to drop of what it was to tell; what stands in the counts of its minutes all the same is not lost. */
export const lostOf = ({ leftOut }: Pick<DeviceView, "leftOut">): number =>
  leftOut.reduce((sum, { reason, count }) => sum + (isCounted(reason) ? 0 : count), 0);

/** "3 clamped, 1 rejected, 2 lost": what of its numbers was not taken as it was told, or never came; null where all did. */
export function describeEvidence(device: Pick<DeviceView, "clamped" | "rejected" | "leftOut">): string | null {
  const { clamped, rejected } = device;
  const lost = lostOf(device);
  const parts = [
    ...(clamped > 0 ? [`${formatCount(clamped)} clamped`] : []),
    ...(rejected > 0 ? [`${formatCount(rejected)} rejected`] : []),
    ...(lost > 0 ? [`${formatCount(lost)} lost`] : []),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

export const nameLayers = ({ missingLayers }: DeviceView["runtime"]): string =>
  missingLayers.map(({ name }) => name).join(", ");

/** As they are typed into the filter: "app:ferry region:eu"; empty where there is none. */
export const describeLabels = (labels: Labels): string =>
  LABEL_NAMES.flatMap((name) => (labels[name] === undefined ? [] : [`${name}:${labels[name]}`])).join(" ");

export function deviceColumns(newest: Position | null): Column<DeviceView>[] {
  return [
    {
      id: "name",
      head: "Device",
      cell: (row) => (
        <strong className="font-medium">
          <bdi>{row.name}</bdi>
        </strong>
      ),
    },
    { id: "state", head: "State", width: 104, cell: (row) => <DeviceState state={row.state} /> },
    {
      id: "labels",
      head: "Labels",
      width: 216,
      priority: 3,
      cell: (row) => {
        const text = describeLabels(row.labels);
        return text === "" ? "–" : <code title={text}>{text}</code>;
      },
    },
    {
      id: "runtime",
      head: "Runtime",
      width: 112,
      priority: 2,
      cell: (row) => `${runtimeWords(row.runtime.kind)} ${row.runtime.version}`,
    },
    {
      id: "layers",
      head: "Confinement",
      width: 152,
      priority: 3,
      cell: (row) =>
        row.runtime.missingLayers.length === 0 ? (
          <State mark="yes">Whole</State>
        ) : (
          <span title={nameLayers(row.runtime)}>
            <State mark="differs">Without {nameLayers(row.runtime)}</State>
          </span>
        ),
    },
    {
      id: "numbers",
      head: "Numbers",
      width: 144,
      priority: 3,
      cell: (row) => {
        const evidence = describeEvidence(row);
        if (evidence === null) return <State mark="yes">Plausible</State>;
        return (
          <span title={evidence}>
            <State mark="differs">{evidence}</State>
          </span>
        );
      },
    },
    {
      id: "platform",
      head: (
        <span title={newest === null ? undefined : `Of the platform; newest ${formatRevision(newest)}`}>Revision</span>
      ),
      width: 112,
      isNumber: true,
      cell: (row) => formatRevision(row.appliedPlatform),
    },
    {
      id: "applied",
      head: "Applied",
      width: 96,
      isNumber: true,
      priority: 3,
      cell: (row) => (row.appliedAt === null ? "–" : <RelativeTime at={row.appliedAt} />),
    },
    {
      id: "seen",
      head: "Last seen",
      width: 96,
      isNumber: true,
      priority: 2,
      cell: (row) => (row.lastSeenAt === null ? "never" : <RelativeTime at={row.lastSeenAt} />),
    },
  ];
}
