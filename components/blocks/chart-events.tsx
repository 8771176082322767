"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { Menu, MenuItem } from "@/components/ui/menu";
import { ChartMark, type ChartMarkKind } from "./chart-mark";

export type ChartEvent = { at: string; kind: ChartMarkKind; title: string; href?: string | undefined };

/** As wide as a target must be that can be pressed. */
const MARK_WIDTH = 24;

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
  return clusterMarks(events, x).map(({ members, markX }) => {
    const [first] = members;
    if (first === undefined) return null;
    const left = Math.min(Math.max(markX, MARK_WIDTH / 2), width - MARK_WIDTH / 2) - MARK_WIDTH / 2;
    return members.length === 1 ? (
      <EventMark key={`${first.kind} ${first.at}`} event={first} left={left} top={top} />
    ) : (
      <EventCluster key={`${first.kind} ${first.at}`} events={members} left={left} top={top} />
    );
  });
}

function EventMark({ event, left, top }: { event: ChartEvent; left: number; top: number }) {
  const { kind, title, href } = event;
  const place = {
    title,
    "aria-label": title,
    className: "absolute flex size-6 items-center justify-center rounded-tag",
    style: { left, top },
  };
  const mark = (
    <svg width="12" height="12" aria-hidden="true">
      <ChartMark kind={kind} x={6} y={6} />
    </svg>
  );
  return href === undefined ? (
    <span role="img" {...place}>
      {mark}
    </span>
  ) : (
    <Link href={href} {...place}>
      {mark}
    </Link>
  );
}

function EventCluster({ events, left, top }: { events: readonly ChartEvent[]; left: number; top: number }) {
  const router = useRouter();
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`${events.length} events at nearly the same time`}
          className="absolute flex size-6 items-center justify-center rounded-full border border-control bg-surface text-hint text-ink tabular-nums"
          style={{ left, top }}
        >
          {events.length}
        </button>
      }
    >
      {events.map(({ kind, at, title, href }) =>
        href === undefined ? (
          // It can be reached and read, and leads nowhere.
          <MenuItem key={`${kind} ${at} ${title}`} onSelect={() => undefined}>
            {title}
          </MenuItem>
        ) : (
          <MenuItem key={`${kind} ${at} ${title}`} onSelect={() => router.push(href)}>
            {title}
          </MenuItem>
        ),
      )}
    </Menu>
  );
}

/** Marks in the order of time; those whose targets would overlap are one cluster, at the middle of their own times. */
export function clusterMarks<Event extends { at: string }>(
  events: readonly Event[],
  x: (atMs: number) => number,
): { members: Event[]; markX: number }[] {
  const ordered = events
    .map((event) => ({ event, markX: x(new Date(event.at).getTime()) }))
    .sort((a, b) => a.markX - b.markX);
  const clusters: { members: Event[]; from: number; to: number }[] = [];
  for (const { event, markX } of ordered) {
    const last = clusters.at(-1);
    if (last !== undefined && markX - middle(last) < MARK_WIDTH) {
      last.members.push(event);
      last.to = markX;
    } else clusters.push({ members: [event], from: markX, to: markX });
  }
  return clusters.map(({ members, from, to }) => ({ members, markX: middle({ from, to }) }));
}

const middle = ({ from, to }: { from: number; to: number }): number => (from + to) / 2;
