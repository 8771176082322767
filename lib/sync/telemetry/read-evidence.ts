import { isStorable } from "@/lib/http/storable-text";
import { API_CODES, DECISION_LAYERS, EGRESS_CODES, HOST_CODES, HOST_PURPOSES, LIMIT_NAMES } from "@/native/core/codes";
import { isAppId } from "@/native/core/manifest/app-id";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import {
  type ApiCount,
  apiCountShape,
  type DenialCount,
  denialCountShape,
  discardedShape,
  type HostCount,
  hostCountShape,
  LIMIT_COUNTERS,
  type MinuteEntry,
  minuteEntryShape,
  type TelemetryBatch,
  type TelemetryEvent,
  telemetryEventShape,
} from "@/native/core/telemetry/batch";
import { OTHER } from "@/native/core/telemetry/other";
import { isPlainValue } from "@/native/core/text/plain-text";
import { confinementLayerShape } from "@/native/core/wire/runtime-identity";

/**
 * Where in a batch something was malformed: of a closed list, so that what is told of it holds no text of the device.
 */
export type EvidencePlace =
  | `programs.minutes`
  | `programs.minutes.${Exclude<keyof MinuteEntry, "at">}`
  | "events"
  | `events.${keyof TelemetryEvent}`
  | "runtime.layers"
  | "applied.programs"
  | "discarded";
/** Is told each part that is left out of what is kept. */
export type Drop = (place: EvidencePlace) => void;

const COUNTERS = [
  "cpuMs",
  "memoryBytesMax",
  "requests",
  "blocked",
  "bytesIn",
  "bytesOut",
  "inFlightMax",
  "throttledMs",
  "crashes",
] as const satisfies readonly (keyof MinuteEntry)[];
/** Absent where a runtime does not measure them, which is nothing malformed. */
const TOLD_COUNTERS = [
  "requestsPerSecondMax",
  "bridgeCalls",
  "bridgeCallsPerSecondMax",
  "storageBytesMax",
  "cacheBytesMax",
] as const satisfies readonly (keyof MinuteEntry)[];
const { at: atShape, cpuMs: countShape, applied: appliedShape } = minuteEntryShape.shape;

/** No path, query, user or blank: an address or a misspelt host is still worth knowing. */
const HOST = /^[^\s/?#\\@]{1,253}$/u;
/** Kept as it is: the store can hold it, and none of its characters acts where people read it. */
const isKept = (value: unknown): boolean => isStorable(value) && isPlainValue(value);
/** Hosts only, never paths (spec §7): whoever puts anything else there loses the text, not the server its privacy. */
const namesHostOnly = (value: unknown): boolean => {
  const host = memberOf(value, "host");
  return host === undefined || (typeof host === "string" && HOST.test(host));
};

/** A member of any JSON value; undefined where it is no object or has none of this name itself. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const countOf = (value: unknown, name: string): number | null =>
  countShape.safeParse(memberOf(value, name)).data ?? null;

/**
 * One minute entry, each of its parts judged alone: an entry of a list whose text is malformed keeps its numbers under
 * `~other`, one without numbers is left out, and a counter that is none is 0. Null where no minute is named, or nothing
 * of it holds.
 */
export function readMinute(sent: unknown, drop: Drop): MinuteEntry | null {
  const at = atShape.safeParse(memberOf(sent, "at"));
  if (!at.success) return null;
  const dropped: EvidencePlace[] = [];
  const counters = COUNTERS.map((name) => {
    const count = countOf(sent, name);
    if (count === null) dropped.push(`programs.minutes.${name}`);
    return [name, count ?? 0] as const;
  });
  if (dropped.length === COUNTERS.length) return null;
  for (const place of dropped) drop(place);
  const [apis, hosts, denials] = [memberOf(sent, "apis"), memberOf(sent, "hosts"), memberOf(sent, "denials")];
  return {
    at: at.data,
    // Safe: one entry for each of the names.
    ...(Object.fromEntries(counters) as Record<(typeof COUNTERS)[number], number>),
    apis: readApis(apis, () => drop("programs.minutes.apis")),
    hosts: readPlain(hosts, plainHost) ?? readList(hosts, readHost, () => drop("programs.minutes.hosts")),
    denials: readPlain(denials, plainDenial) ?? readList(denials, readDenial, () => drop("programs.minutes.denials")),
    ...readCounts(sent, TOLD_COUNTERS, (name) => drop(`programs.minutes.${name}`)),
    ...readLimits(memberOf(sent, "limits"), () => drop("programs.minutes.limits")),
    ...readApplied(memberOf(sent, "applied"), () => drop("programs.minutes.applied")),
  };
}

/** Those of the counts that are told; one that is malformed is left out, as one that was not measured. */
function readCounts<Name extends string>(
  sent: unknown,
  names: readonly Name[],
  drop: (name: Name) => void,
): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) {
    if (memberOf(sent, name) === undefined) continue;
    const count = countOf(sent, name);
    if (count === null) drop(name);
    else counts[name] = count;
  }
  return counts;
}

/** By the closed list of names: one that is no limit's is an unknown member, and ignored. */
function readLimits(sent: unknown, drop: () => void): Pick<MinuteEntry, "limits"> {
  if (sent === undefined) return {};
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    drop();
    return {};
  }
  const limits: NonNullable<MinuteEntry["limits"]> = {};
  for (const name of LIMIT_NAMES) {
    const counts = memberOf(sent, name);
    if (counts === undefined) continue;
    if (typeof counts === "object" && counts !== null) limits[name] = readCounts(counts, LIMIT_COUNTERS, drop);
    else drop();
  }
  return { limits };
}

function readApplied(sent: unknown, drop: () => void): Pick<MinuteEntry, "applied"> {
  if (sent === undefined) return {};
  const parsed = appliedShape.safeParse(sent);
  if (parsed.success && parsed.data !== undefined) return { applied: parsed.data };
  drop();
  return {};
}

/** Of such a text all is true that is asked of a host, an API or a rule. */
const PLAIN_HOST = /^[\w.:[\]-]{1,253}$/;
const PLAIN_API = /^[\w.-]{1,128}$/;
const PLAIN_RULE = /^(?:\/[\w.~-]{1,64}){1,7}$/;
const PLAIN_CAUSE = /^[0-9a-f]{16}$/;
const PURPOSES: ReadonlySet<unknown> = new Set(HOST_PURPOSES);
const LAYERS: ReadonlySet<unknown> = new Set(DECISION_LAYERS);
const CODES: ReadonlySet<unknown> = new Set([...API_CODES, ...HOST_CODES, ...EGRESS_CODES]);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isPort = (value: unknown): value is number => isCount(value) && value <= 65_535;
const isLike = (pattern: RegExp, value: unknown): value is string => typeof value === "string" && pattern.test(value);

/** A list in which nothing is odd, as nearly all are; null where each of its entries is to be judged alone, by its shape. */
function readPlain<T>(sent: unknown, read: (item: Readonly<Record<string, unknown>>) => T | null): T[] | null {
  if (!Array.isArray(sent)) return null;
  const list: T[] = [];
  for (const item of sent as unknown[]) {
    const plain = typeof item === "object" && item !== null ? read(item as Readonly<Record<string, unknown>>) : null;
    if (plain === null) return null;
    list.push(plain);
  }
  return list;
}

/** As its shape reads it, or null; what this takes the shape takes, which `read-evidence.test.ts` holds. */
export function plainHost(sent: Readonly<Record<string, unknown>>): HostCount | null {
  const { host, port, purpose, allowed, blocked } = sent;
  if (!isLike(PLAIN_HOST, host) || !isPort(port) || !PURPOSES.has(purpose)) return null;
  if (!isCount(allowed) || !isCount(blocked)) return null;
  // Safe: it is one of them.
  return { host, port, purpose: purpose as HostCount["purpose"], allowed, blocked };
}

/** The same of a denial. */
export function plainDenial(sent: Readonly<Record<string, unknown>>): DenialCount | null {
  const { cause, code, layer, rule, api, host, port, purpose, count } = sent;
  if (!isLike(PLAIN_CAUSE, cause) || !CODES.has(code) || !LAYERS.has(layer) || !isCount(count)) return null;
  if (rule !== null && !isLike(PLAIN_RULE, rule)) return null;
  // Safe: they are of the closed lists.
  const plain = { cause, code, layer, rule, count } as Extract<DenialCount, { code: unknown }>;
  if (api !== undefined) {
    if (!isLike(PLAIN_API, api)) return null;
    plain.api = api;
  }
  if (host !== undefined) {
    if (!isLike(PLAIN_HOST, host)) return null;
    plain.host = host;
  }
  if (port !== undefined) {
    if (!isPort(port)) return null;
    plain.port = port;
  }
  if (purpose !== undefined) {
    if (!PURPOSES.has(purpose)) return null;
    plain.purpose = purpose as HostCount["purpose"];
  }
  return plain;
}

type Read<T> = { kept: T | null; isWhole: boolean };

function readList<T>(sent: unknown, read: (item: unknown) => Read<T>, drop: () => void): T[] {
  if (!Array.isArray(sent)) {
    drop();
    return [];
  }
  return sent.flatMap((item: unknown) => {
    const { kept, isWhole } = read(item);
    if (!isWhole) drop();
    return kept === null ? [] : [kept];
  });
}

function readHost(sent: unknown): Read<HostCount> {
  const parsed = hostCountShape.safeParse(sent);
  if (parsed.success && isKept(parsed.data) && namesHostOnly(parsed.data)) {
    return { kept: parsed.data, isWhole: true };
  }
  const other = hostCountShape.safeParse({ ...Object(sent), host: OTHER, port: 0 });
  return { kept: other.data ?? null, isWhole: false };
}

function readDenial(sent: unknown): Read<DenialCount> {
  const parsed = denialCountShape.safeParse(sent);
  if (parsed.success && isKept(parsed.data) && namesHostOnly(parsed.data)) {
    return { kept: parsed.data, isWhole: true };
  }
  const count = countOf(sent, "count");
  return { kept: count === null ? null : { cause: OTHER, count }, isWhole: false };
}

function readApis(sent: unknown, drop: () => void): Record<string, ApiCount> {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    drop();
    return {};
  }
  const apis = new Map<string, ApiCount>();
  for (const [name, value] of Object.entries(sent)) {
    const parsed = apiCountShape.safeParse(value);
    const isName = name.length >= 1 && name.length <= 128 && isKept(name);
    if (!parsed.success || !isName) drop();
    if (!parsed.success) continue;
    const key = isName ? name : OTHER;
    const known = apis.get(key) ?? { allowed: 0, denied: 0 };
    apis.set(key, {
      allowed: addSaturating(known.allowed, parsed.data.allowed),
      denied: addSaturating(known.denied, parsed.data.denied),
    });
  }
  return Object.fromEntries(apis);
}

/** What an event is about: without one of these that holds it tells nothing. */
const NEEDED: readonly string[] = ["eventId", "at", "type", "appId"] satisfies (keyof TelemetryEvent)[];

/** One event without its malformed members; null where one is malformed that it cannot do without. */
export function readEvent(sent: unknown, drop: Drop): TelemetryEvent | null {
  if (typeof sent !== "object" || sent === null) return null;
  const whole = telemetryEventShape.safeParse(sent);
  if (whole.success && isKept(whole.data) && namesHostOnly(whole.data)) return whole.data;
  const kept: Record<string, unknown> = {};
  const dropped: EvidencePlace[] = [];
  for (const [name, shape] of Object.entries(telemetryEventShape.shape)) {
    const value = memberOf(sent, name);
    if (value === undefined) continue;
    const parsed = shape.safeParse(value);
    if (parsed.success && isKept(parsed.data) && (name !== "host" || namesHostOnly({ host: parsed.data }))) {
      kept[name] = parsed.data;
    } else if (NEEDED.includes(name)) {
      return null;
    } else {
      // Safe: a name of that very shape.
      dropped.push(`events.${name as keyof TelemetryEvent}`);
    }
  }
  const event = telemetryEventShape.safeParse(kept);
  if (!event.success) return null;
  for (const place of dropped) drop(place);
  return event.data;
}

/** Programs of one device whose revision in force is kept. */
const PROGRAMS_MAX = 500;

/** What the device says of itself, without what is malformed or more than is kept. */
export function readOwnWords(
  batch: { runtime: { layers: unknown[] }; applied: { programs: Record<string, unknown> }; discarded: unknown[] },
  drop: Drop,
): {
  layers: TelemetryBatch["runtime"]["layers"];
  appliedPrograms: TelemetryBatch["applied"]["programs"];
  discarded: TelemetryBatch["discarded"];
} {
  const appliedPrograms = Object.entries(batch.applied.programs).flatMap(([appId, revision], place) => {
    const parsed = countShape.safeParse(revision);
    if (place < PROGRAMS_MAX && parsed.success && isAppId(appId)) return [[appId, parsed.data] as const];
    drop("applied.programs");
    return [];
  });
  return {
    layers: readList(batch.runtime.layers, whole(confinementLayerShape), () => drop("runtime.layers")),
    appliedPrograms: Object.fromEntries(appliedPrograms),
    discarded: readList(batch.discarded, whole(discardedShape), () => drop("discarded")),
  };
}

/** An item that is kept as it is or not at all. */
function whole<T>(shape: { safeParse(value: unknown): { success: boolean; data?: T | undefined } }) {
  return (sent: unknown): Read<T> => {
    const parsed = shape.safeParse(sent);
    const isWhole = parsed.success && isKept(parsed.data);
    return { kept: isWhole ? (parsed.data ?? null) : null, isWhole };
  };
}
