import type { DenialCause, DenialList, TelemetrySeries } from "@/lib/contracts/programs";
import { type CsvColumn, csvOf } from "@/lib/format/csv";
import { OTHER } from "@/native/core/telemetry/other";

type Point = TelemetrySeries["points"][number];

/** Columns that hold a measure of pages bear its name. */
const POINT_COLUMNS: readonly CsvColumn<Point>[] = [
  { head: "at", of: ({ at }) => at },
  { head: "cpuMsP50", of: ({ cpuMsP50 }) => cpuMsP50 },
  { head: "cpuMsP95", of: ({ cpuMsP95 }) => cpuMsP95 },
  { head: "memoryBytesP50", of: ({ memoryBytesP50 }) => memoryBytesP50 },
  { head: "memoryBytesP95", of: ({ memoryBytesP95 }) => memoryBytesP95 },
  { head: "requestsP50", of: ({ requestsP50 }) => requestsP50 },
  { head: "requestsP95", of: ({ requestsP95 }) => requestsP95 },
  { head: "blocked", of: ({ blocked }) => blocked },
  { head: "throttledMs", of: ({ throttledMs }) => throttledMs },
  { head: "devices", of: ({ devices }) => devices },
];

const CAUSE_COLUMNS: readonly CsvColumn<DenialCause>[] = [
  { head: "cause", of: ({ cause }) => cause },
  { head: "code", of: ({ code }) => code },
  { head: "target", of: ({ target }) => target },
  { head: "purpose", of: ({ purpose }) => purpose },
  { head: "layer", of: ({ layer }) => layer },
  { head: "rule", of: ({ rule }) => rule },
  { head: "sinceVersion", of: ({ sinceVersion }) => sinceVersion },
  { head: "firstAt", of: ({ firstAt }) => firstAt },
  { head: "lastAt", of: ({ lastAt }) => lastAt },
  { head: "refused", of: ({ times }) => times },
  { head: "refusedDevices", of: ({ devices }) => devices },
  { head: "mended", of: ({ mended }) => (mended === null ? "no" : "yes") },
  {
    head: "acknowledged",
    of: ({ acknowledged }) => (acknowledged === null || acknowledged.isOpenAgain ? "no" : "yes"),
  },
];

const wholeUntil = (behind: string | null) =>
  behind === null ? [] : [`What was told after ${behind} is not counted whole yet.`];

/** The points of a program's charts. */
export const telemetryCsv = (appId: string, series: TelemetrySeries): Response =>
  csvAnswer(`${appId}-telemetry-${series.range}`, csvOf(POINT_COLUMNS, series.points, wholeUntil(series.behind)));

/** What a program was refused, by cause, as its page lists it. */
export function causesCsv(appId: string, range: string, { causes, causeTotal, behind }: DenialList): Response {
  const named = causes.filter(({ cause }) => cause !== OTHER).length;
  const cut = named < causeTotal ? [`These are the ${named} most frequent of ${causeTotal} causes.`] : [];
  return csvAnswer(`${appId}-blocked-${range}`, csvOf(CAUSE_COLUMNS, causes, [...cut, ...wholeUntil(behind)]));
}

const csvAnswer = (name: string, text: string): Response =>
  new Response(text, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${name}.csv"`,
    },
  });
