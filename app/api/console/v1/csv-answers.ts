import type { DenialCause, DenialList, TelemetrySeries } from "@/lib/contracts/programs";
import type { LabelName } from "@/lib/domain/labels";
import { CHART_COUNTS, CHARTED } from "@/lib/domain/measures/charted";
import { EXACT_DEVICES, isEstimate } from "@/lib/domain/measures/device-sketch";
import { type CsvColumn, csvOf } from "@/lib/format/csv";
import { OTHER } from "@/native/core/telemetry/other";

const SHARES = { p50: "P50", p95: "P95", max: "Max" } as const;

/** The points of charts, by their number. Columns that hold a measure of pages bear its name. */
const pointColumns = ({ times, measures, counts, devices }: TelemetrySeries): readonly CsvColumn<number>[] => [
  { head: "at", of: (nth) => times[nth] ?? null },
  ...CHARTED.flatMap((name) =>
    (["p50", "p95", "max"] as const).map((share) => ({
      head: `${name}${SHARES[share]}`,
      of: (nth: number) => measures[name][share][nth] ?? null,
    })),
  ),
  ...CHART_COUNTS.map((name) => ({ head: name, of: (nth: number) => counts[name][nth] ?? null })),
  { head: "devices", of: (nth) => devices[nth] ?? null },
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

/** Whose points a file was asked for, beside their time. */
export type PointFilter = {
  readonly [of in "version" | "runtime" | LabelName]?: string | number | undefined;
};

/** The points of a program's charts; by which filters is told in the file. */
export function telemetryCsv(
  appId: string,
  { version, runtime, app, region, channel }: PointFilter,
  series: TelemetrySeries,
  seededUntil: string | null,
): Response {
  const filters = Object.entries({ version, runtime, app, region, channel }).filter(([, value]) => value !== undefined);
  return csvAnswer(
    [`${appId}-telemetry-${series.range}`, ...filters.map(([of, value]) => `${of}-${value}`)].join("-"),
    csvOf(
      pointColumns(series),
      [...series.times.keys()],
      [
        ...filters.map(([of, value]) => `Only of the ${of} ${value}.`),
        ...estimated(series.devices.map((devices) => ({ devices }))),
        ...wholeUntil(series.behind),
        ...seeded(seededUntil),
      ],
    ),
  );
}

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
