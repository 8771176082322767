type Scale = (value: number) => number;
type Values = readonly (number | null)[];

/** Round values from 0 to at least `greatest`, five at most. */
export function axisTicks(greatest: number): number[] {
  const wanted = Math.max(1, greatest);
  const power = 10 ** Math.floor(Math.log10(wanted / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => wanted / size <= 4.2) ?? wanted;
  const ticks: number[] = [];
  for (let tick = 0; tick <= wanted * 1.001; tick += step) ticks.push(tick);
  return ticks;
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

/** Instants on whole steps of the clock, so many that their labels have room. */
export function timeTicks(fromMs: number, toMs: number, width: number): { atMs: number; isDay: boolean }[] {
  const most = Math.max(2, Math.floor(width / 88));
  const step = STEPS.find((size) => (toMs - fromMs) / size <= most) ?? 96 * HOUR;
  const ticks: { atMs: number; isDay: boolean }[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) {
    ticks.push({ atMs: at, isDay: step >= 24 * HOUR });
  }
  return ticks;
}

/** A line that is lifted over gaps; a point alone is drawn as a short stroke. */
export function linePath(instants: readonly number[], values: Values, x: Scale, y: Scale): string {
  return runs(values)
    .map((run) =>
      run.length === 1
        ? `M${at(instants, values, run[0] ?? 0, x, y, -1.5)}L${at(instants, values, run[0] ?? 0, x, y, 1.5)}`
        : run.map((index, order) => `${order === 0 ? "M" : "L"}${at(instants, values, index, x, y)}`).join(""),
    )
    .join("");
}

/** The area between a line and its lower edge, one closed piece for each stretch without a gap. */
export function bandPath(instants: readonly number[], values: Values, low: Values, x: Scale, y: Scale): string {
  return runs(values)
    .filter((run) => run.length > 1)
    .map((run) => {
      const upper = run.map((index, order) => `${order === 0 ? "M" : "L"}${at(instants, values, index, x, y)}`);
      const lower = [...run].reverse().map((index) => `L${at(instants, low, index, x, y)}`);
      return `${upper.join("")}${lower.join("")}Z`;
    })
    .join("");
}

function at(instants: readonly number[], values: Values, index: number, x: Scale, y: Scale, shift = 0): string {
  return `${(x(instants[index] ?? 0) + shift).toFixed(1)} ${y(values[index] ?? 0).toFixed(1)}`;
}

function runs(values: Values): number[][] {
  const result: number[][] = [];
  let run: number[] = [];
  values.forEach((value, index) => {
    if (value !== null) run.push(index);
    else if (run.length > 0) {
      result.push(run);
      run = [];
    }
  });
  if (run.length > 0) result.push(run);
  return result;
}
