import { DETAIL_KINDS, type DetailKind, type hourDetails, type telemetryMinutes } from "@/db/schema";
import { bucketOf } from "@/lib/domain/measures/histogram";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import type { LIMIT_COUNTERS } from "@/native/core/telemetry/batch";
import { OTHER } from "@/native/core/telemetry/other";

export type MinuteLists = Pick<typeof telemetryMinutes.$inferSelect, "apis" | "hosts" | "denials" | "limits">;
export type About = (typeof hourDetails.$inferSelect)["about"];
/** What one increment counts of one host, API, cause or limit. */
export type DetailCounts = { allowed: number; refused: number; throttledMs: number; evicted: number };
/** The same, with what it is about. */
export type DetailOfMinute = DetailCounts & { kind: DetailKind; name: string; about: About };
type LimitTold = Partial<Record<(typeof LIMIT_COUNTERS)[number], number>>;
/** A host or a denial as it was told. */
type Source = Readonly<Record<string, unknown>>;

/**
 * Is told each host, API, cause and limit that did something of an increment; of what it has under `~other` the kind alone. One by one, and without
 * anything made of them that is not needed: there are dozens in each increment, and most are known already.
 */
export function eachDetail(
  { apis, hosts, denials, limits }: MinuteLists,
  take: (kind: DetailKind, name: string, counts: DetailCounts, source: Source | null) => void,
): void {
  // One object for all of them: whoever takes it keeps the numbers alone.
  const counts: DetailCounts = { allowed: 0, refused: 0, throttledMs: 0, evicted: 0 };
  for (const told of hosts) {
    const isOther = told.host === OTHER;
    counts.allowed = told.allowed;
    counts.refused = told.blocked;
    take("host", isOther ? OTHER : `${told.host}:${told.port}:${told.purpose}`, counts, isOther ? null : told);
  }
  for (const name of Object.keys(apis)) {
    counts.allowed = apis[name]?.allowed ?? 0;
    counts.refused = apis[name]?.denied ?? 0;
    take("api", name, counts, null);
  }
  counts.allowed = 0;
  for (const told of denials) {
    const name = String(told.cause);
    counts.refused = Number(told.count);
    take("cause", name, counts, name === OTHER ? null : told);
  }
  for (const [name, told] of Object.entries(limits ?? {}) as [string, LimitTold][]) {
    counts.refused = told.refused ?? 0;
    counts.throttledMs = told.throttledMs ?? 0;
    counts.evicted = told.evicted ?? 0;
    // It did nothing: whoever names it tells nothing of it.
    if (sumOf(counts) > 0) take("limit", name, counts, null);
  }
}

/** What a host or a denial is beside its counts. */
export function aboutOf(kind: DetailKind, source: Source | null): About {
  if (source === null) return null;
  if (kind === "host") return { host: source.host, port: source.port, purpose: source.purpose };
  const { cause: _cause, count: _count, ...about } = source;
  return about;
}

/** What stands in an increment beside its numbers. */
export function detailsOfMinute(lists: MinuteLists): DetailOfMinute[] {
  const details: DetailOfMinute[] = [];
  eachDetail(lists, (kind, name, counts, source) =>
    details.push({ kind, name, about: aboutOf(kind, source), ...counts }),
  );
  return details;
}

const COUNTS = ["allowed", "refused", "throttledMs", "evicted"] as const;
export const sumOf = ({ allowed, refused, throttledMs, evicted }: DetailCounts): number =>
  allowed + refused + throttledMs + evicted;

/** Whether a limit held the device back that tells these: making room holds nobody back. Of a limit these devices alone are counted. */
export const isHeldBack = ({ refused, throttledMs }: DetailCounts): boolean => refused + throttledMs > 0;

/** As much of these counts as there is room for, and the room that is left; what is past it was not measured (spec 7.10). */
export function holdCounts(counts: DetailCounts, room: number): { held: DetailCounts; left: number } {
  const held = { ...counts };
  let left = room;
  for (const name of COUNTS) {
    held[name] = Math.min(left, counts[name]);
    left -= held[name];
  }
  return { held, left };
}

/** The bucket of all calls that an increment tells of. */
export const callsBucket = ({ allowed, refused }: DetailCounts): number => bucketOf(addSaturating(allowed, refused));

/** Of two descriptions of one name the one whose JSON is the smaller text, so that the order never matters. */
export function smaller(a: About, b: About): About {
  if (a === null || b === null) return a ?? b;
  if (isAlike(a, b)) return a;
  return JSON.stringify(sorted(a)) <= JSON.stringify(sorted(b)) ? a : b;
}

/** Whether a denial says what is known already, as nearly all do. */
export function isAbout(about: About, source: Source): boolean {
  if (about === null) return false;
  let names = 2;
  for (const name of Object.keys(about)) {
    if (about[name] !== source[name]) return false;
    names += 1;
  }
  return names === Object.keys(source).length;
}

const isAlike = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

/** The database keeps members in an order of its own. */
const sorted = (about: Record<string, unknown>) =>
  Object.entries(about).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** A value for each kind. */
export const ofKinds = <T>(make: () => T): Record<DetailKind, T> =>
  Object.fromEntries(DETAIL_KINDS.map((kind) => [kind, make()])) as Record<DetailKind, T>;
