"use client";

import { State } from "@/components/ui/state";
import { formatWhen } from "@/lib/format/instant";
import { useNow } from "./now";

/** Says until when the figures of a page are whole, where load let no more be added up; nothing where they are whole. */
export function BehindLine({ until }: { until: string | null }) {
  const nowMs = useNow();
  if (until === null) return null;
  return (
    <p className="mb-3 text-muted">
      <State mark="waiting">Figures are whole until {formatWhen(until, nowMs)} UTC.</State> What devices told since is
      kept, and counted as load lets up.
    </p>
  );
}
