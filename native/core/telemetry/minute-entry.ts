import { type DecisionCode, type DecisionLayer, type HostPurpose, LIMIT_NAMES } from "../codes";
import { addSaturating } from "./add-saturating";
import {
  type ApiCount,
  BATCH_BOUNDS,
  type DenialCount,
  type HostCount,
  LIMIT_COUNTERS,
  type MinuteEntry,
} from "./batch";
import { laterApplied } from "./later-applied";
import { OTHER } from "./other";

/** Whether a rule, a block, a grant or the catalogue names it: such a name never falls under `~other` (spec 7.15). */
export type Named = { named?: true };

/** What is added to the current minute of one program. Counters add, `…Max` take the greater (spec §7). */
export type MinuteIncrement = {
  cpuMs?: number;
  memoryBytesMax?: number;
  requests?: number;
  blocked?: number;
  bytesIn?: number;
  bytesOut?: number;
  inFlightMax?: number;
  throttledMs?: number;
  crashes?: number;
  apis?: Record<string, { allowed?: number; denied?: number } & Named>;
  hosts?: ({ host: string; port: number; purpose: HostPurpose; allowed?: number; blocked?: number } & Named)[];
  denials?: MinuteDenial[];
} & Pick<
  Partial<MinuteEntry>,
  | "requestsPerSecondMax"
  | "bridgeCalls"
  | "bridgeCallsPerSecondMax"
  | "storageBytesMax"
  | "cacheBytesMax"
  | "limits"
  | "applied"
>;

export type MinuteDenial = Named & {
  /** The cause key: 16 hex digits (spec §5). */
  cause: string;
  code: DecisionCode;
  layer: DecisionLayer;
  rule: string | null;
  api?: string;
  host?: string;
  port?: number;
  purpose?: HostPurpose;
  count?: number;
};

/** An entry that is being counted: what is named in it is known to be. */
export type CountedMinute = Omit<MinuteEntry, "apis" | "hosts" | "denials"> & {
  apis: Record<string, ApiCount & Named>;
  hosts: (HostCount & Named)[];
  denials: (DenialCount & Named)[];
};

/** The entry as it is told. */
export function toEntry({ apis, hosts, denials, ...entry }: CountedMinute): MinuteEntry {
  const own: MinuteEntry["apis"] = {};
  for (const [name, { allowed, denied }] of Object.entries(apis)) define(own, name, { allowed, denied });
  return {
    ...entry,
    apis: own,
    hosts: hosts.map(({ named: _named, ...host }) => host),
    denials: denials.map(({ named: _named, ...denial }) => denial),
  };
}

/** An entry in which nothing has happened yet; `at` is the minute's first second. Optional members are not measured yet. */
export function emptyMinute(at: number): CountedMinute {
  return {
    at,
    cpuMs: 0,
    memoryBytesMax: 0,
    requests: 0,
    blocked: 0,
    bytesIn: 0,
    bytesOut: 0,
    inFlightMax: 0,
    apis: {},
    hosts: [],
    throttledMs: 0,
    crashes: 0,
    denials: [],
  };
}

/** An increment as the host counts it, or an entry that was counted already. */
export type CountedIncrement = Omit<MinuteIncrement, "denials" | "apis"> & {
  apis?: Record<string, { allowed?: number; denied?: number } & Named>;
  denials?: readonly (MinuteDenial | (DenialCount & Named))[];
};

const COUNTERS = ["cpuMs", "requests", "blocked", "bytesIn", "bytesOut", "throttledMs", "crashes"] as const;
const MAXIMA = ["memoryBytesMax", "inFlightMax"] as const;
const TOLD_MAXIMA = ["requestsPerSecondMax", "bridgeCallsPerSecondMax", "storageBytesMax", "cacheBytesMax"] as const;

/**
 * Adds an increment in place: counters add, `…Max` take the greater, and past 50 hosts, 50 denials or 100 APIs the rest
 * is counted under `~other`, but for what is named (spec §7). Values are rounded to whole numbers; what is not a positive number adds nothing.
 */
export function addIncrement(entry: CountedMinute, increment: CountedIncrement): void {
  for (const name of COUNTERS) entry[name] = sum(entry[name], increment[name]);
  for (const name of MAXIMA) entry[name] = Math.max(entry[name], whole(increment[name]));
  for (const name of TOLD_MAXIMA) {
    if (increment[name] !== undefined) entry[name] = Math.max(entry[name] ?? 0, whole(increment[name]));
  }
  if (increment.bridgeCalls !== undefined) entry.bridgeCalls = sum(entry.bridgeCalls ?? 0, increment.bridgeCalls);
  if (increment.limits !== undefined) addLimits(entry, increment.limits);
  const applied = laterApplied(entry.applied, increment.applied);
  if (applied !== undefined) entry.applied = applied;
  for (const [api, counts] of Object.entries(increment.apis ?? {})) addApi(entry, api, counts);
  for (const host of increment.hosts ?? []) addHost(entry, host);
  for (const denial of increment.denials ?? []) addDenial(entry, denial);
}

function addLimits(entry: CountedMinute, added: NonNullable<MinuteEntry["limits"]>): void {
  const limits = entry.limits ?? {};
  entry.limits = limits;
  for (const name of LIMIT_NAMES) {
    const counts = added[name];
    if (counts === undefined) continue;
    const known = { ...limits[name] };
    for (const counter of LIMIT_COUNTERS) {
      if (counts[counter] !== undefined) known[counter] = sum(known[counter] ?? 0, counts[counter]);
    }
    limits[name] = known;
  }
}

/**
 * Whether a list has room for one more name: those that nothing names share `most` places with `~other`, those that are named have
 * places of their own.
 */
function isRoom(known: readonly Named[], { named }: Named, most: number): boolean {
  const alike = known.reduce((sum, one) => sum + (one.named === named ? 1 : 0), 0);
  return alike < (named === true ? BATCH_BOUNDS.named : most - 1);
}

function addApi(entry: CountedMinute, api: string, counts: { allowed?: number; denied?: number } & Named): void {
  const isKnown = Object.hasOwn(entry.apis, api);
  const name = isKnown || isRoom(Object.values(entry.apis), counts, BATCH_BOUNDS.apis) ? api : OTHER;
  const found = Object.hasOwn(entry.apis, name) ? entry.apis[name] : undefined;
  const added = { allowed: sum(found?.allowed ?? 0, counts.allowed), denied: sum(found?.denied ?? 0, counts.denied) };
  define(entry.apis, name, { ...added, ...namedAs(name === OTHER ? undefined : (found?.named ?? counts.named)) });
}

const namedAs = (named: true | undefined): Named => (named === undefined ? {} : { named });

/** Whatever the name is called: `__proto__` too. */
function define<T>(of: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(of, name, { value, enumerable: true, configurable: true, writable: true });
}

function addHost(entry: CountedMinute, added: NonNullable<MinuteIncrement["hosts"]>[number]): void {
  const isSame = (known: HostCount) =>
    known.host === added.host && known.port === added.port && known.purpose === added.purpose;
  let found = entry.hosts.find(isSame);
  if (!found) {
    const hasRoom = isRoom(entry.hosts, added, BATCH_BOUNDS.hosts);
    if (!hasRoom) found = entry.hosts.find((known) => known.host === OTHER);
    if (!found) {
      const place = hasRoom ? { host: added.host, port: added.port } : { host: OTHER, port: 0 };
      found = { ...place, purpose: added.purpose, allowed: 0, blocked: 0 };
      entry.hosts.push(found);
    }
  }
  if (added.named && found.host !== OTHER) found.named = true;
  found.allowed = sum(found.allowed, added.allowed);
  found.blocked = sum(found.blocked, added.blocked);
}

function addDenial(entry: CountedMinute, added: MinuteDenial | (DenialCount & Named)): void {
  const count = whole(added.count ?? 1);
  let found = entry.denials.find((known) => known.cause === added.cause);
  const hasRoom = found !== undefined || isRoom(entry.denials, added, BATCH_BOUNDS.denials);
  if (!hasRoom) found = entry.denials.find((known) => known.cause === OTHER);
  if (found) {
    if (added.named && found.cause !== OTHER) found.named = true;
    found.count = sum(found.count, count);
    return;
  }
  entry.denials.push(hasRoom && "code" in added ? { ...added, count } : { cause: OTHER, count });
}

function whole(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

function sum(a: number, b: number | undefined): number {
  return addSaturating(a, whole(b));
}
