const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** Times are shown in UTC everywhere, so that two people who look at one entry read the same digits. */
export function formatTime(at: string | number | Date): string {
  return new Date(at).toISOString().slice(11, 16);
}

export function formatTimeWithSeconds(at: string | number | Date): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** "17 Nov", with the year where it is not the year of `now`; never broken over two lines. */
export function formatDay(at: string | number | Date, nowMs: number = Date.now()): string {
  const date = new Date(at);
  const day = `${date.getUTCDate()}\u00a0${MONTHS[date.getUTCMonth()] ?? ""}`;
  return date.getUTCFullYear() === new Date(nowMs).getUTCFullYear() ? day : `${day}\u00a0${date.getUTCFullYear()}`;
}

export function formatWeekday(at: string | number | Date): string {
  const date = new Date(at);
  return `${DAYS[date.getUTCDay()] ?? ""} ${date.getUTCDate()}`;
}

/** "17 Nov 2026, 11:20:41 UTC": for titles and for what is copied. */
export function formatInstant(at: string | number | Date): string {
  const date = new Date(at);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""} ${date.getUTCFullYear()}`;
  return `${day}, ${formatTimeWithSeconds(date)} UTC`;
}

/** The clock today, the day before that: "14:24", "13 Nov". */
export function formatWhen(at: string | number | Date, nowMs: number): string {
  const sameDay = new Date(at).toISOString().slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  return sameDay ? formatTime(at) : `${formatDay(at, nowMs)} ${formatTime(at)}`;
}
