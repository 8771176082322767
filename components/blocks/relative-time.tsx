"use client";

import { formatAge } from "@/lib/format/duration";
import { formatInstant } from "@/lib/format/instant";
import { useNow } from "./now";

/** How long ago, with the instant in UTC behind it. */
export function RelativeTime({ at }: { at: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={at} title={formatInstant(at)} className="whitespace-nowrap">
      {formatAge(new Date(at).getTime(), nowMs)}
    </time>
  );
}
