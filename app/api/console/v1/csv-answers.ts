import type { DenialCause, DenialList, TelemetrySeries } from "@/lib/contracts/programs";
import { EXACT_DEVICES, isEstimate } from "@/lib/domain/measures/device-sketch";
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
  // Nobody judged or acknowledged what is counted together.
  { head: "mended", of: ({ cause, mended }) => (cause === OTHER ? null : mended === null ? "no" : "yes") },
  {
    head: "acknowledged",
    of: ({ cause, acknowledged }) =>
      cause === OTHER ? null : acknowledged === null || acknowledged.isOpenAgain ? "no" : "yes",
  },
];

const wholeUntil = (behind: string | null) =>
  behind === null ? [] : [`What was told after ${behind} is not counted whole yet.`];

const seeded = (until: string | null) => (until === null ? [] : [`What is older than ${until} was made for a demo.`]);

const estimated = (rows: readonly { devices: number }[]) =>
  rows.some(({ devices }) => isEstimate(devices)) ? [`Numbers of devices above ${EXACT_DEVICES} are estimates.`] : [];

/** The points of a program's charts. */
export const telemetryCsv = (
  appId: string,
  version: number | undefined,
  series: TelemetrySeries,
  seededUntil: string | null,
): Response =>
  csvAnswer(
    `${appId}-telemetry-${series.range}${version === undefined ? "" : `-v${version}`}`,
    csvOf(POINT_COLUMNS, series.points, [
      ...(version === undefined ? [] : [`Only of version ${version}.`]),
      ...estimated(series.points),
      ...wholeUntil(series.behind),
      ...seeded(seededUntil),
    ]),
  );

/** What the causes of a file were asked for by, beside their time. */
export type CauseFilter = {
  readonly [of in "version" | "code" | "host" | "purpose"]?: string | number | undefined;
};

/** What a program was refused, by cause, as its page lists it; by which filters is told in the file. */
export function causesCsv(
  appId: string,
  range: string,
  { version, code, host, purpose }: CauseFilter,
  { causes, causeTotal, behind }: DenialList,
  seededUntil: string | null,
): Response {
  const filters = Object.entries({ version, code, host, purpose }).flatMap(([of, value]) =>
    value === undefined ? [] : [`Only causes of the ${of} ${value}.`],
  );
  const named = causes.filter(({ cause }) => cause !== OTHER).length;
  const cut =
    named < causeTotal
      ? [`These are the ${named} most frequent of ${causeTotal} ${filters.length === 0 ? "" : "such "}causes.`]
      : [];
  const notes = [...filters, ...cut, ...estimated(causes), ...wholeUntil(behind), ...seeded(seededUntil)];
  const part = filters.length === 0 ? "" : "-filtered";
  return csvAnswer(`${appId}-blocked-${range}${part}`, csvOf(CAUSE_COLUMNS, causes, notes));
}

const csvAnswer = (name: string, text: string): Response =>
  new Response(text, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${name}.csv"`,
    },
  });
