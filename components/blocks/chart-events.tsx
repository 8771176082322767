import Link from "next/link";
import { ChartMark, type ChartMarkKind } from "./chart-mark";

export type ChartEvent = { at: string; kind: ChartMarkKind; title: string; href?: string | undefined };

const MARK_WIDTH = 13;

/** A row of marks below the axis; a mark with an address is a link to its decision. */
export function ChartEvents({
  events,
  top,
  x,
}: {
  events: readonly ChartEvent[];
  top: number;
  x(atMs: number): number;
}) {
  return placeMarks(events, x).map(({ event, markX }) => (
    <EventMark key={`${event.kind} ${event.at}`} event={event} left={markX - 6} top={top} />
  ));
}

function EventMark({ event, left, top }: { event: ChartEvent; left: number; top: number }) {
  const { kind, title, href } = event;
  const place = {
    title,
    "aria-label": title,
    className: "absolute flex h-6 w-3 items-center justify-center rounded-tag",
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

/** What happened at nearly the same time stands side by side, so that no mark hides another. */
function placeMarks(
  events: readonly ChartEvent[],
  x: (atMs: number) => number,
): { event: ChartEvent; markX: number }[] {
  let free = Number.NEGATIVE_INFINITY;
  return [...events]
    .sort((a, b) => new Date(a.at).getTime() - new Date(b.at).getTime())
    .map((event) => {
      const markX = Math.max(x(new Date(event.at).getTime()), free);
      free = markX + MARK_WIDTH;
      return { event, markX };
    });
}
