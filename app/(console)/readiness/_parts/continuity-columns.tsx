import type { Column } from "@/components/blocks/data-table";
import { RelativeTime } from "@/components/blocks/relative-time";
import type { MarkName } from "@/components/ui/mark";
import { State } from "@/components/ui/state";
import { TextLink } from "@/components/ui/text-link";
import type { ContinuityView } from "@/lib/contracts/continuity";
import { formatRevision } from "@/lib/format/revision";

type Holder = ContinuityView["devices"][number];
type Narrowing = ContinuityView["narrowings"][number];

export const holderColumns: Column<Holder>[] = [
  {
    id: "device",
    head: "Device",
    cell: ({ deviceId, name }) => <TextLink href={`/fleet?panel=${deviceId}`}>{name ?? deviceId}</TextLink>,
  },
  {
    id: "holds",
    head: "Revision",
    width: 88,
    isNumber: true,
    cell: ({ position }) => formatRevision(position),
  },
  {
    id: "received",
    head: "Handed back",
    width: 100,
    isNumber: true,
    cell: ({ receivedAt }) => <RelativeTime at={receivedAt} />,
  },
];

const VERDICTS: Record<Narrowing["verdict"], { mark: MarkName; word: string }> = {
  unknown: { mark: "waiting", word: "Nobody looked" },
  kept: { mark: "suspended", word: "Kept" },
  lifted: { mark: "live", word: "Lifted" },
};

export const narrowingColumns: Column<Narrowing>[] = [
  {
    id: "subject",
    head: "What",
    cell: ({ kind, subject, programName }) => {
      if (kind === "blockedHost") return <code>{subject}</code>;
      if (programName === null) return <code>{subject}</code>;
      return <TextLink href={`/programs/${encodeURIComponent(subject)}`}>{programName}</TextLink>;
    },
  },
  {
    id: "kind",
    head: "Stopped as",
    width: 132,
    priority: 2,
    cell: ({ kind, programName }) =>
      kind === "blockedHost" ? "blocked host" : programName === null ? "not registered" : "suspended",
  },
  {
    id: "verdict",
    head: "State",
    width: 132,
    cell: ({ verdict }) => <State mark={VERDICTS[verdict].mark}>{VERDICTS[verdict].word}</State>,
  },
  {
    id: "by",
    head: "By",
    width: 140,
    priority: 3,
    cell: ({ decidedBy }) => decidedBy?.name ?? <span className="text-muted">–</span>,
  },
  {
    id: "revision",
    head: "In revision",
    width: 112,
    isNumber: true,
    priority: 3,
    cell: ({ position }) => formatRevision(position),
  },
  {
    id: "learned",
    head: "Learned",
    width: 96,
    isNumber: true,
    priority: 2,
    cell: ({ learnedAt }) => <RelativeTime at={learnedAt} />,
  },
];
