/** `until` is in whole seconds; the form speaks of days, and a day means its first instant in UTC. */
export function toDay(untilSeconds: number | undefined): string {
  return untilSeconds === undefined ? "" : new Date(untilSeconds * 1000).toISOString().slice(0, 10);
}

/** The first instant of a day; undefined for an empty field. A kept day keeps the exact instant it came from. */
export function fromDay(day: string, kept: number | undefined): number | undefined {
  if (day === "") return undefined;
  if (kept !== undefined && toDay(kept) === day) return kept;
  const ms = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}
