import Link from "next/link";
import { ChartMark, type ChartMarkKind } from "./chart-mark";

export type ChartEvent = { at: string; kind: ChartMarkKind; title: string; href?: string | undefined };

/** As wide as a target must be that can be pressed. */
const MARK_WIDTH = 24;

/** A row of marks below the axis; a mark with an address is a link to its decision. */
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
  return placeMarks(events, x, width).map(({ event, markX }) => (
    <EventMark key={`${event.kind} ${event.at}`} event={event} left={markX - MARK_WIDTH / 2} top={top} />
  ));
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

/** What happened at nearly the same time stands side by side within the chart, so that no mark hides another. */
function placeMarks(
  events: readonly ChartEvent[],
  x: (atMs: number) => number,
  width: number,
): { event: ChartEvent; markX: number }[] {
  const ordered = events
    .map((event) => ({ event, markX: x(new Date(event.at).getTime()) }))
    .sort((a, b) => a.markX - b.markX);
  let free = Number.NEGATIVE_INFINITY;
  const apart = ordered.map(({ event, markX }) => {
    const placed = Math.max(markX, free);
    free = placed + MARK_WIDTH;
    return { event, markX: placed };
  });
  let last = width - MARK_WIDTH / 2;
  const inside = apart.reverse().map(({ event, markX }) => {
    const placed = Math.min(markX, last);
    last = placed - MARK_WIDTH;
    return { event, markX: placed };
  });
  return inside.reverse();
}
