import type { DetailKind, hourDetails, telemetryMinutes } from "@/db/schema";
import { bucketOf } from "@/lib/domain/measures/histogram";
import type { LimitName } from "@/native/core/codes";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { type LIMIT_COUNTERS, OTHER } from "@/native/core/telemetry/batch";

type Minute = Pick<typeof telemetryMinutes.$inferSelect, "apis" | "hosts" | "denials" | "limits">;
export type About = (typeof hourDetails.$inferSelect)["about"];
/** What one device-minute says of one host, API, cause or limit. */
export type DetailOfMinute = {
  kind: DetailKind;
  name: string;
  about: About;
  allowed: number;
  refused: number;
  throttledMs: number;
  evicted: number;
};
type LimitTold = Partial<Record<(typeof LIMIT_COUNTERS)[number], number>>;

const NONE = { allowed: 0, refused: 0, throttledMs: 0, evicted: 0 };

/** What stands in a device-minute beside its numbers; of what it has under `~other` the kind alone. */
export function detailsOfMinute({ apis, hosts, denials, limits }: Minute): DetailOfMinute[] {
  return [
    ...hosts.map(({ host, port, purpose, allowed, blocked: refused }): DetailOfMinute => {
      const named = { kind: "host" as const, name: `${host}:${port}:${purpose}`, about: { host, port, purpose } };
      return { ...NONE, ...(host === OTHER ? { ...named, name: OTHER, about: null } : named), allowed, refused };
    }),
    ...Object.entries(apis).map(([name, { allowed, denied: refused }]): DetailOfMinute => {
      return { ...NONE, kind: "api", name, about: null, allowed, refused };
    }),
    ...denials.map(({ cause, count, ...about }): DetailOfMinute => {
      const name = String(cause);
      return { ...NONE, kind: "cause", name, about: name === OTHER ? null : about, refused: Number(count) };
    }),
    ...(Object.entries(limits ?? {}) as [LimitName, LimitTold][]).map(([name, told]): DetailOfMinute => {
      return { ...NONE, kind: "limit", name, about: null, ...told };
    }),
  ];
}

/** The bucket of all calls that a detail tells of. */
export const callsBucket = ({ allowed, refused }: DetailOfMinute): number => bucketOf(addSaturating(allowed, refused));

/** Of two descriptions of one name the one whose JSON is the smaller text, so that the order never matters. */
export function smaller(a: About, b: About): About {
  if (a === null || b === null) return a ?? b;
  if (isAlike(a, b)) return a;
  return JSON.stringify(sorted(a)) <= JSON.stringify(sorted(b)) ? a : b;
}

const isAlike = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

/** The database keeps members in an order of its own. */
const sorted = (about: Record<string, unknown>) =>
  Object.entries(about).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
