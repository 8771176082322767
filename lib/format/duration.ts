const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in one or two units: "412 ms", "1.4 s", "42 min", "4 d 5 h". */
export function formatDuration(ms: number): string {
  const length = Math.abs(ms);
  if (length < SECOND) return `${Math.round(length)} ms`;
  if (length < 10 * SECOND) return `${(length / SECOND).toFixed(1).replace(/\.0$/, "")} s`;
  if (length < MINUTE) return `${Math.round(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < DAY) return two(length, HOUR, "h", MINUTE, "min");
  return two(length, DAY, "d", HOUR, "h");
}

function two(length: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const whole = Math.floor(length / large);
  const rest = Math.floor((length - whole * large) / small);
  return rest === 0 ? `${whole} ${largeUnit}` : `${whole} ${largeUnit} ${rest} ${smallUnit}`;
}

/** How long ago, in one unit: "now", "12 s ago", "3 h ago", "5 d ago"; "in 2 h" for what is to come. */
export function formatAge(atMs: number, nowMs: number): string {
  const age = nowMs - atMs;
  const length = Math.abs(age);
  if (length < SECOND) return "now";
  const text =
    length < MINUTE
      ? `${Math.floor(length / SECOND)} s`
      : length < HOUR
        ? `${Math.floor(length / MINUTE)} min`
        : length < 2 * DAY
          ? `${Math.floor(length / HOUR)} h`
          : `${Math.floor(length / DAY)} d`;
  return age >= 0 ? `${text} ago` : `in ${text}`;
}
