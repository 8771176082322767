import { type DecisionCode, type DecisionLayer, type HostPurpose, LIMIT_NAMES } from "../codes";
import { addSaturating } from "./add-saturating";
import { BATCH_BOUNDS, type DenialCount, type HostCount, LIMIT_COUNTERS, type MinuteEntry, OTHER } from "./batch";
import { laterApplied } from "./later-applied";

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
  apis?: Record<string, { allowed?: number; denied?: number }>;
  hosts?: { host: string; port: number; purpose: HostPurpose; allowed?: number; blocked?: number }[];
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

export type MinuteDenial = {
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

/** An entry in which nothing has happened yet; `at` is the minute's first second. Optional members are not measured yet. */
export function emptyMinute(at: number): MinuteEntry {
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
  apis?: Record<string, { allowed?: number; denied?: number }>;
  denials?: readonly (MinuteDenial | DenialCount)[];
};

const COUNTERS = ["cpuMs", "requests", "blocked", "bytesIn", "bytesOut", "throttledMs", "crashes"] as const;
const MAXIMA = ["memoryBytesMax", "inFlightMax"] as const;
const TOLD_MAXIMA = ["requestsPerSecondMax", "bridgeCallsPerSecondMax", "storageBytesMax", "cacheBytesMax"] as const;

/**
 * Adds an increment in place: counters add, `…Max` take the greater, and past 50 hosts, 50 denials or 100 APIs the rest
 * is counted under `~other` (spec §7). Values are rounded to whole numbers; what is not a positive number adds nothing.
 */
export function addIncrement(entry: MinuteEntry, increment: CountedIncrement): void {
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

function addLimits(entry: MinuteEntry, added: NonNullable<MinuteEntry["limits"]>): void {
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

function addApi(entry: MinuteEntry, api: string, counts: { allowed?: number; denied?: number }): void {
  const isRoom = Object.keys(entry.apis).length < BATCH_BOUNDS.apis - 1;
  const name = Object.hasOwn(entry.apis, api) || isRoom ? api : OTHER;
  const found = Object.hasOwn(entry.apis, name) ? entry.apis[name] : undefined;
  const added = { allowed: sum(found?.allowed ?? 0, counts.allowed), denied: sum(found?.denied ?? 0, counts.denied) };
  Object.defineProperty(entry.apis, name, { value: added, enumerable: true, configurable: true, writable: true });
}

function addHost(entry: MinuteEntry, added: NonNullable<MinuteIncrement["hosts"]>[number]): void {
  const isSame = (known: HostCount) =>
    known.host === added.host && known.port === added.port && known.purpose === added.purpose;
  let found = entry.hosts.find(isSame);
  if (!found && entry.hosts.length >= BATCH_BOUNDS.hosts - 1) found = entry.hosts.find((known) => known.host === OTHER);
  if (!found) {
    const isRoom = entry.hosts.length < BATCH_BOUNDS.hosts - 1;
    const place = isRoom ? { host: added.host, port: added.port } : { host: OTHER, port: 0 };
    found = { ...place, purpose: added.purpose, allowed: 0, blocked: 0 };
    entry.hosts.push(found);
  }
  found.allowed = sum(found.allowed, added.allowed);
  found.blocked = sum(found.blocked, added.blocked);
}

function addDenial(entry: MinuteEntry, added: MinuteDenial | DenialCount): void {
  const count = whole(added.count ?? 1);
  let found = entry.denials.find((known) => known.cause === added.cause);
  if (!found && entry.denials.length >= BATCH_BOUNDS.denials - 1) {
    found = entry.denials.find((known) => known.cause === OTHER);
  }
  if (found) {
    found.count = sum(found.count, count);
    return;
  }
  const isRoom = entry.denials.length < BATCH_BOUNDS.denials - 1;
  entry.denials.push(isRoom && "code" in added ? { ...added, count } : { cause: OTHER, count });
}

function whole(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

function sum(a: number, b: number | undefined): number {
  return addSaturating(a, whole(b));
}
