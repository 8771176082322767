import { getNiceTickValues } from "recharts";

/**
 * Round values from 0 to at most `greatest`, five at most, so that the axis ends where the data or the limit ends: as many as
 * `format` tells apart.
 */
export function valueTicks(greatest: number, format: (value: number) => string): number[] {
  const ticks = getNiceTickValues([0, greatest], 5, true, "snap125").filter((tick) => tick <= greatest);
  if (new Set(ticks.map(format)).size === ticks.length) return ticks;
  return getNiceTickValues([0, greatest], 5, false, "snap125").filter((tick) => tick <= greatest);
}

const HOUR = 3_600_000;
const STEPS = [
  5 * 60_000,
  10 * 60_000,
  15 * 60_000,
  30 * 60_000,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  48 * HOUR,
  96 * HOUR,
];

/**
 * Instants on whole steps of the clock, so many that their labels have room. The chart library knows only steps of
 * ten, which fall at 02:46.
 */
export function timeTicks(fromMs: number, toMs: number, width: number): { atMs: number; isDay: boolean }[] {
  const most = Math.max(2, Math.floor(width / 88));
  const step = STEPS.find((size) => (toMs - fromMs) / size <= most) ?? 96 * HOUR;
  const ticks: { atMs: number; isDay: boolean }[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) {
    ticks.push({ atMs: at, isDay: step >= 24 * HOUR });
  }
  return ticks;
}
