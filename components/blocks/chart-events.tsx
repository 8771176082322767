"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { Menu } from "@/components/ui/menu";
import { useIsPhone } from "@/components/ui/use-is-phone";
import { ChartMark, type ChartMarkKind } from "./chart-mark";

export type ChartEvent = { at: string; kind: ChartMarkKind; title: string; href?: string | undefined };

/** As wide as a target must be that can be pressed, and where it is pressed with a thumb. */
const MARK_WIDTH = 24;
const PHONE_MARK_WIDTH = 44;

/**
 * A row of marks below the axis, each at its own time; a mark with an address is a link to its decision. Where marks would
 * cover each other one stands for them, at the time of their middle, with how many they are; it opens to a list of them.
 */
export function ChartEvents({
  events,
  top,
  width,
  x,
}: {
  events: readonly ChartEvent[];
  top: number;
  width: number;
  x(atMs: number): number;
}) {
  const size = useIsPhone() ? PHONE_MARK_WIDTH : MARK_WIDTH;
  return clusterMarks(events, x, size).map(({ members, markX }) => {
    const [first] = members;
    if (first === undefined) return null;
    const left = Math.min(Math.max(markX, size / 2), width - size / 2) - size / 2;
    // Its middle stays in the row of marks.
    const place = { left, top: top - (size - MARK_WIDTH) / 2, width: size, height: size };
    return members.length === 1 ? (
      <EventMark key={`${first.kind} ${first.at}`} event={first} place={place} />
    ) : (
      <EventCluster key={`${first.kind} ${first.at}`} events={members} place={place} />
    );
  });
}

type Place = { left: number; top: number; width: number; height: number };

function EventMark({ event, place }: { event: ChartEvent; place: Place }) {
  const { kind, title, href } = event;
  const target = {
    title,
    "aria-label": title,
    className: "absolute flex items-center justify-center rounded-tag",
    style: place,
  };
  const mark = (
    <svg width="12" height="12" aria-hidden="true">
      <ChartMark kind={kind} x={6} y={6} />
    </svg>
  );
  return href === undefined ? (
    <span role="img" {...target}>
      {mark}
    </span>
  ) : (
    <Link href={href} {...target}>
      {mark}
    </Link>
  );
}

function EventCluster({ events, place }: { events: readonly ChartEvent[]; place: Place }) {
  const router = useRouter();
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`${events.length} events at nearly the same time`}
          className="absolute flex items-center justify-center rounded-full"
          style={place}
        >
          <span className="flex size-6 items-center justify-center rounded-full border border-control bg-surface text-hint text-ink tabular-nums">
            {events.length}
          </span>
        </button>
      }
      entries={events.map(({ kind, at, title, href }) => ({
        kind: "item",
        id: `${kind} ${at} ${title}`,
        label: title,
        // One without an address can be reached and read, and leads nowhere.
        onSelect() {
          if (href !== undefined) router.push(href);
        },
      }))}
    />
  );
}

/** Marks in the order of time; those whose targets would overlap are one cluster, at the middle of their own times. */
export function clusterMarks<Event extends { at: string }>(
  events: readonly Event[],
  x: (atMs: number) => number,
  size = MARK_WIDTH,
): { members: Event[]; markX: number }[] {
  const ordered = events
    .map((event) => ({ event, markX: x(new Date(event.at).getTime()) }))
    .sort((a, b) => a.markX - b.markX);
  const clusters: { members: Event[]; from: number; to: number }[] = [];
  for (const { event, markX } of ordered) {
    const last = clusters.at(-1);
    if (last !== undefined && markX - middle(last) < size) {
      last.members.push(event);
      last.to = markX;
    } else clusters.push({ members: [event], from: markX, to: markX });
  }
  return clusters.map(({ members, from, to }) => ({ members, markX: middle({ from, to }) }));
}

const middle = ({ from, to }: { from: number; to: number }): number => (from + to) / 2;
