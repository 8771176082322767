import type { telemetryMinutes } from "@/db/schema";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { BATCH_BOUNDS, type DenialCount, type HostCount, type MinuteEntry, OTHER } from "@/native/core/telemetry/batch";

export type MinuteRow = typeof telemetryMinutes.$inferSelect;
export type MinuteCounts = Omit<MinuteRow, "deviceId" | "appId" | "versionCode" | "at">;

function mergeApis(a: MinuteCounts["apis"], b: MinuteCounts["apis"]): MinuteCounts["apis"] {
  const merged = new Map(Object.entries(a));
  for (const [name, more] of Object.entries(b)) {
    const key = merged.has(name) || merged.size < BATCH_BOUNDS.apis ? name : OTHER;
    const known = merged.get(key) ?? { allowed: 0, denied: 0 };
    merged.set(key, {
      allowed: addSaturating(known.allowed, more.allowed),
      denied: addSaturating(known.denied, more.denied),
    });
  }
  return Object.fromEntries(merged);
}

function mergeHosts(a: MinuteCounts["hosts"], b: readonly HostCount[]): MinuteCounts["hosts"] {
  const keyOf = (entry: { host: string; port: number; purpose: string }) =>
    `${entry.host}:${entry.port}/${entry.purpose}`;
  const merged = new Map(a.map((entry) => [keyOf(entry), entry]));
  for (const more of b) {
    const fits = merged.has(keyOf(more)) || merged.size < BATCH_BOUNDS.hosts;
    const { host, port, purpose } = fits ? more : { host: OTHER, port: 0, purpose: more.purpose };
    const known = merged.get(keyOf({ host, port, purpose })) ?? { host, port, purpose, allowed: 0, blocked: 0 };
    merged.set(keyOf(known), {
      ...known,
      allowed: addSaturating(known.allowed, more.allowed),
      blocked: addSaturating(known.blocked, more.blocked),
    });
  }
  return [...merged.values()];
}

function mergeDenials(a: MinuteCounts["denials"], b: readonly DenialCount[]): MinuteCounts["denials"] {
  const merged = new Map(a.map((entry) => [String(entry.cause), entry]));
  for (const more of b) {
    const fits = merged.has(more.cause) || merged.size < BATCH_BOUNDS.denials;
    const key = fits ? more.cause : OTHER;
    const known = merged.get(key);
    const base = known ?? (fits ? more : { cause: OTHER });
    merged.set(key, { ...base, count: addSaturating(known === undefined ? 0 : Number(known.count), more.count) });
  }
  return [...merged.values()];
}

/**
 * Adds one increment to what is known of a device-minute (spec §7): counters add, `…Max` take the greater, and past
 * the bounds of one entry everything falls under `~other`. The sum does not depend on the order of increments.
 */
export function mergeMinute(known: MinuteCounts | null, more: MinuteEntry): MinuteCounts {
  const base = known ?? {
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
  };
  return {
    cpuMs: addSaturating(base.cpuMs, more.cpuMs),
    memoryBytesMax: Math.max(base.memoryBytesMax, more.memoryBytesMax),
    requests: addSaturating(base.requests, more.requests),
    blocked: addSaturating(base.blocked, more.blocked),
    bytesIn: addSaturating(base.bytesIn, more.bytesIn),
    bytesOut: addSaturating(base.bytesOut, more.bytesOut),
    inFlightMax: Math.max(base.inFlightMax, more.inFlightMax),
    throttledMs: addSaturating(base.throttledMs, more.throttledMs),
    crashes: addSaturating(base.crashes, more.crashes),
    apis: mergeApis(base.apis, more.apis),
    hosts: mergeHosts(base.hosts, more.hosts),
    denials: mergeDenials(base.denials, more.denials),
  };
}
