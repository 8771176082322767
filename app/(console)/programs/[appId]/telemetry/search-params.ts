import type { FilterField } from "@/components/blocks/filter-text";
import { LABEL_FIELDS, readLabels } from "@/components/features/reporting/label-fields";
import type { ChartFilter } from "@/lib/contracts/programs";
import { RUNTIME_KINDS } from "@/native/core/codes";
import { readVersion, VERSION_FIELD } from "../access/search-params";
import { readRange } from "../search-params";

export const CHART_FIELDS: readonly FilterField[] = [
  VERSION_FIELD,
  { name: "runtime", values: RUNTIME_KINDS },
  ...LABEL_FIELDS,
];

/** Whose telemetry the address names, and over which time; whatever it does not understand is left out. */
export function readChartFilter(source: Readonly<Record<string, string | string[] | undefined>>): ChartFilter {
  const one = (name: string): string | undefined => {
    const value = source[name];
    return typeof value === "string" ? value : undefined;
  };
  const version = readVersion(one("version"));
  const runtime = RUNTIME_KINDS.find((kind) => kind === one("runtime"));
  return {
    range: readRange(one("range"), "1h"),
    ...(version === undefined ? {} : { version }),
    ...(runtime === undefined ? {} : { runtime }),
    ...readLabels(source),
  };
}
