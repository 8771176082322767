"use client";

import { useQuery } from "@tanstack/react-query";
import { useNow } from "@/components/blocks/now";
import { State } from "@/components/ui/state";
import { reportingQuery } from "@/lib/queries/reporting";
import { describeReporting } from "./reporting-words";

type ReportingLineProps = {
  /** What this page is live of: while the line is shown, its devices report every few seconds. */
  watched?: { appId?: string; deviceId?: string };
  /** When a device reported last, where the page knows. */
  newestAt?: string | null;
  /** Shows nothing but that load keeps devices from reporting as the document says. */
  isForLoadAlone?: boolean;
};

/** How fresh the numbers of a page are. Without an answer it says nothing: the page's own reading says what is wrong. */
export function ReportingLine({ watched = {}, newestAt, isForLoadAlone = false }: ReportingLineProps) {
  const { data } = useQuery(reportingQuery(watched));
  const nowMs = useNow();
  if (data === undefined) return null;
  const { mark, text, title } = describeReporting(data, newestAt, nowMs);
  if (isForLoadAlone && mark !== "waiting") return null;
  return (
    <span className="text-label" title={title ?? undefined}>
      {mark === "none" ? <span className="text-muted">{text}</span> : <State mark={mark}>{text}</State>}
    </span>
  );
}
