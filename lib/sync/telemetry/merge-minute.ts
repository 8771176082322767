import type { telemetryMinutes } from "@/db/schema";
import { LIMIT_NAMES } from "@/native/core/codes";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import {
  BATCH_BOUNDS,
  type DenialCount,
  type HostCount,
  LIMIT_COUNTERS,
  type MinuteEntry,
  OTHER,
} from "@/native/core/telemetry/batch";
import { laterApplied } from "@/native/core/telemetry/later-applied";
import { type Clamped, createClamp, type MinuteCounter } from "@/native/core/telemetry/plausible";

export type MinuteRow = typeof telemetryMinutes.$inferSelect;
export type MinuteCounts = Omit<
  MinuteRow,
  "deviceId" | "appId" | "versionCode" | "at" | "runtimeKind" | "runtimeVersion" | "late"
>;

type Hold = (counter: MinuteCounter, seen: number) => number;

function mergeApis(a: MinuteCounts["apis"], b: MinuteCounts["apis"], hold: Hold): MinuteCounts["apis"] {
  const merged = new Map(Object.entries(a));
  for (const [name, more] of Object.entries(b)) {
    const key = merged.has(name) || merged.size < BATCH_BOUNDS.apis ? name : OTHER;
    const known = merged.get(key) ?? { allowed: 0, denied: 0 };
    merged.set(key, {
      allowed: hold("apis.allowed", addSaturating(known.allowed, more.allowed)),
      denied: hold("apis.denied", addSaturating(known.denied, more.denied)),
    });
  }
  return Object.fromEntries(merged);
}

function mergeHosts(a: MinuteCounts["hosts"], b: readonly HostCount[], hold: Hold): MinuteCounts["hosts"] {
  const keyOf = (entry: { host: string; port: number; purpose: string }) =>
    `${entry.host}:${entry.port}/${entry.purpose}`;
  const merged = new Map(a.map((entry) => [keyOf(entry), entry]));
  for (const more of b) {
    const fits = merged.has(keyOf(more)) || merged.size < BATCH_BOUNDS.hosts;
    const { host, port, purpose } = fits ? more : { host: OTHER, port: 0, purpose: more.purpose };
    const known = merged.get(keyOf({ host, port, purpose })) ?? { host, port, purpose, allowed: 0, blocked: 0 };
    merged.set(keyOf(known), {
      ...known,
      allowed: hold("hosts.allowed", addSaturating(known.allowed, more.allowed)),
      blocked: hold("hosts.blocked", addSaturating(known.blocked, more.blocked)),
    });
  }
  return [...merged.values()];
}

function mergeDenials(a: MinuteCounts["denials"], b: readonly DenialCount[], hold: Hold): MinuteCounts["denials"] {
  const merged = new Map(a.map((entry) => [String(entry.cause), entry]));
  for (const more of b) {
    const fits = merged.has(more.cause) || merged.size < BATCH_BOUNDS.denials;
    const key = fits ? more.cause : OTHER;
    const known = merged.get(key);
    const base = known ?? (fits ? more : { cause: OTHER });
    const count = addSaturating(known === undefined ? 0 : Number(known.count), more.count);
    merged.set(key, { ...base, count: hold("denials.count", count) });
  }
  return [...merged.values()];
}

/** Null until an increment tells of it: what was not measured is no zero. */
type Told = number | null;
const addTold = (a: Told, b: number | undefined): Told => (b === undefined ? a : addSaturating(a ?? 0, b));
const maxTold = (a: Told, b: number | undefined): Told => (b === undefined ? a : Math.max(a ?? 0, b));

function mergeLimits(a: MinuteCounts["limits"], b: MinuteEntry["limits"], hold: Hold): MinuteCounts["limits"] {
  if (b === undefined) return a;
  const merged: NonNullable<MinuteCounts["limits"]> = {};
  for (const name of LIMIT_NAMES) {
    if (a?.[name] === undefined && b[name] === undefined) continue;
    const counts = { ...a?.[name] };
    for (const counter of LIMIT_COUNTERS) {
      const more = b[name]?.[counter];
      if (more !== undefined) counts[counter] = hold(`limits.${counter}`, addSaturating(counts[counter] ?? 0, more));
    }
    merged[name] = counts;
  }
  return merged;
}

function mergeApplied(a: MinuteCounts, b: MinuteEntry["applied"]) {
  const { appliedEpoch: epoch, appliedPlatform: platform, appliedProgram: program } = a;
  const isKnown = epoch !== null && platform !== null && program !== null;
  const later = laterApplied(isKnown ? { epoch, platform, program } : undefined, b);
  return {
    appliedEpoch: later?.epoch ?? null,
    appliedPlatform: later?.platform ?? null,
    appliedProgram: later?.program ?? null,
  };
}

/**
 * Adds one increment to what is known of a device-minute (spec §7): counters add, `…Max` take the greater, and past
 * the bounds of one entry everything falls under `~other`. The sum does not depend on the order of increments. It is
 * held within the plausible after each addition, so that no number of batches for one minute goes beyond it.
 */
export function mergeMinute(
  known: MinuteCounts | null,
  more: MinuteEntry,
): { counts: MinuteCounts; clamped: readonly Clamped[] } {
  const base: MinuteCounts = known ?? {
    cpuMs: 0,
    memoryBytesMax: 0,
    requests: 0,
    blocked: 0,
    bytesIn: 0,
    bytesOut: 0,
    inFlightMax: 0,
    throttledMs: 0,
    crashes: 0,
    apis: {},
    hosts: [],
    denials: [],
    requestsPerSecondMax: null,
    bridgeCalls: null,
    bridgeCallsPerSecondMax: null,
    storageBytesMax: null,
    cacheBytesMax: null,
    limits: null,
    appliedEpoch: null,
    appliedPlatform: null,
    appliedProgram: null,
  };
  const { clamped, hold } = createClamp();
  const holdTold = (counter: MinuteCounter, told: Told) => (told === null ? null : hold(counter, told));
  const counts = {
    cpuMs: hold("cpuMs", addSaturating(base.cpuMs, more.cpuMs)),
    memoryBytesMax: hold("memoryBytesMax", Math.max(base.memoryBytesMax, more.memoryBytesMax)),
    requests: hold("requests", addSaturating(base.requests, more.requests)),
    blocked: hold("blocked", addSaturating(base.blocked, more.blocked)),
    bytesIn: hold("bytesIn", addSaturating(base.bytesIn, more.bytesIn)),
    bytesOut: hold("bytesOut", addSaturating(base.bytesOut, more.bytesOut)),
    inFlightMax: hold("inFlightMax", Math.max(base.inFlightMax, more.inFlightMax)),
    throttledMs: hold("throttledMs", addSaturating(base.throttledMs, more.throttledMs)),
    crashes: hold("crashes", addSaturating(base.crashes, more.crashes)),
    apis: mergeApis(base.apis, more.apis, hold),
    hosts: mergeHosts(base.hosts, more.hosts, hold),
    denials: mergeDenials(base.denials, more.denials, hold),
    requestsPerSecondMax: holdTold(
      "requestsPerSecondMax",
      maxTold(base.requestsPerSecondMax, more.requestsPerSecondMax),
    ),
    bridgeCalls: holdTold("bridgeCalls", addTold(base.bridgeCalls, more.bridgeCalls)),
    bridgeCallsPerSecondMax: holdTold(
      "bridgeCallsPerSecondMax",
      maxTold(base.bridgeCallsPerSecondMax, more.bridgeCallsPerSecondMax),
    ),
    storageBytesMax: holdTold("storageBytesMax", maxTold(base.storageBytesMax, more.storageBytesMax)),
    cacheBytesMax: holdTold("cacheBytesMax", maxTold(base.cacheBytesMax, more.cacheBytesMax)),
    limits: mergeLimits(base.limits, more.limits, hold),
    ...mergeApplied(base, more.applied),
  };
  return { counts, clamped };
}
