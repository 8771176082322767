import type { telemetryMinutes } from "@/db/schema";
import { LIMIT_NAMES } from "@/native/core/codes";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import {
  BATCH_BOUNDS,
  type DenialCount,
  type HostCount,
  LIMIT_COUNTERS,
  type MinuteEntry,
} from "@/native/core/telemetry/batch";
import { OTHER } from "@/native/core/telemetry/other";
import { type Clamped, createClamp, type MinuteCounter, PLAUSIBLE } from "@/native/core/telemetry/plausible";

export type MinuteRow = typeof telemetryMinutes.$inferSelect;
type MinuteCounts = Omit<
  MinuteRow,
  "id" | "deviceId" | "appId" | "versionCode" | "at" | "runtimeKind" | "runtimeVersion" | "late"
>;

type Hold = (counter: MinuteCounter, seen: number) => number;

/** A device has no more in a list than what is named and what is not may be together (spec 7.5); the rest is one. */
const listMax = (list: "hosts" | "denials" | "apis"): number => BATCH_BOUNDS[list] + BATCH_BOUNDS.named;

function holdApis(apis: MinuteEntry["apis"], hold: Hold): MinuteCounts["apis"] {
  const held = new Map<string, { allowed: number; denied: number }>();
  for (const name of Object.keys(apis)) {
    const { allowed = 0, denied = 0 } = apis[name] ?? {};
    const key = held.size < listMax("apis") ? name : OTHER;
    const known = held.get(key);
    held.set(key, {
      allowed: hold("apis.allowed", addSaturating(known?.allowed ?? 0, allowed)),
      denied: hold("apis.denied", addSaturating(known?.denied ?? 0, denied)),
    });
  }
  return Object.fromEntries(held);
}

function holdHosts(hosts: readonly HostCount[], hold: Hold): MinuteCounts["hosts"] {
  const held = hosts.slice(0, listMax("hosts")).map(({ host, port, purpose, allowed, blocked }) => {
    return { host, port, purpose, allowed: hold("hosts.allowed", allowed), blocked: hold("hosts.blocked", blocked) };
  });
  const others = new Map<string, HostCount>();
  for (const { purpose, allowed, blocked } of hosts.slice(listMax("hosts"))) {
    const known = others.get(purpose) ?? { host: OTHER, port: 0, purpose, allowed: 0, blocked: 0 };
    others.set(purpose, {
      ...known,
      allowed: hold("hosts.allowed", addSaturating(known.allowed, allowed)),
      blocked: hold("hosts.blocked", addSaturating(known.blocked, blocked)),
    });
  }
  return [...held, ...others.values()];
}

function holdDenials(denials: readonly DenialCount[], hold: Hold): MinuteCounts["denials"] {
  const held = denials.slice(0, listMax("denials")).map((told) => {
    return told.count <= PLAUSIBLE["denials.count"].most ? told : { ...told, count: hold("denials.count", told.count) };
  });
  const rest = denials.slice(listMax("denials"));
  if (rest.length === 0) return held;
  const count = rest.reduce((sum, told) => hold("denials.count", addSaturating(sum, told.count)), 0);
  return [...held, { cause: OTHER, count }];
}

function holdLimits(limits: MinuteEntry["limits"], hold: Hold): MinuteCounts["limits"] {
  if (limits === undefined) return null;
  const held: NonNullable<MinuteCounts["limits"]> = {};
  for (const name of LIMIT_NAMES) {
    const told = limits[name];
    if (told === undefined) continue;
    const counts = { ...told };
    for (const counter of LIMIT_COUNTERS) {
      const count = told[counter];
      if (count !== undefined) counts[counter] = hold(`limits.${counter}`, count);
    }
    held[name] = counts;
  }
  return held;
}

/**
 * What is kept of one increment of a device-minute: every counter within the plausible (spec 7.10). What was not told is null. Answers also
 * with what was beyond.
 */
export function holdMinute(told: MinuteEntry): { counts: MinuteCounts; clamped: readonly Clamped[] } {
  const { clamped, hold } = createClamp();
  const ifTold = (
    name: "requestsPerSecondMax" | "bridgeCalls" | "bridgeCallsPerSecondMax" | "storageBytesMax" | "cacheBytesMax",
  ) => {
    const value = told[name];
    return value === undefined ? null : hold(name, value);
  };
  const counts = {
    cpuMs: hold("cpuMs", told.cpuMs),
    memoryBytesMax: hold("memoryBytesMax", told.memoryBytesMax),
    requests: hold("requests", told.requests),
    blocked: hold("blocked", told.blocked),
    bytesIn: hold("bytesIn", told.bytesIn),
    bytesOut: hold("bytesOut", told.bytesOut),
    inFlightMax: hold("inFlightMax", told.inFlightMax),
    throttledMs: hold("throttledMs", told.throttledMs),
    crashes: hold("crashes", told.crashes),
    apis: holdApis(told.apis, hold),
    hosts: holdHosts(told.hosts, hold),
    denials: holdDenials(told.denials, hold),
    requestsPerSecondMax: ifTold("requestsPerSecondMax"),
    bridgeCalls: ifTold("bridgeCalls"),
    bridgeCallsPerSecondMax: ifTold("bridgeCallsPerSecondMax"),
    storageBytesMax: ifTold("storageBytesMax"),
    cacheBytesMax: ifTold("cacheBytesMax"),
    limits: holdLimits(told.limits, hold),
    appliedEpoch: told.applied?.epoch ?? null,
    appliedPlatform: told.applied?.platform ?? null,
    appliedProgram: told.applied?.program ?? null,
  };
  return { counts, clamped };
}
