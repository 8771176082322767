import { formatMeasure } from "./count";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** 134217728 → "128 MiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatMeasure(value)} ${UNITS[unit] ?? "B"}`;
}
