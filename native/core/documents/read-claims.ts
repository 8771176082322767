import type { z } from "zod";
import { findCapability } from "../decide/catalog";
import { findUntakenConstraints } from "../decide/check-constraints";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/parse-json";
import type {
  Grant,
  HostRule,
  InertGrant,
  InertHostRule,
  KeysetClaims,
  PlatformClaims,
  ProgramClaims,
} from "../shapes/claims";
import {
  grantShape,
  hostRuleShape,
  keysetShape,
  platformShape,
  programShape,
  readableGrantShape,
  readableHostRuleShape,
} from "./claims-shapes";

export type ReadResult<Claims> = { ok: true; claims: Claims } | { ok: false };

/**
 * How much must be there. `document`: every claim of the contract, as verification asks. A list: these members alone;
 * what else is absent, a member of a version, grant or host rule too, takes a value that permits nothing, for questions
 * asked about claims that nobody signed (spec §8). A member that is there but of another type refuses in either case.
 */
export type Required<Claims> = "document" | readonly (keyof Claims & string)[];

/** What graceSeconds is where a platform document does not say (spec §4). */
const GRACE_SECONDS = 72 * 3600;

const ABSENT_COMMON = { schema: 1, platform: "", epoch: 1, revision: 1, iat: 0, exp: 0 };
const ABSENT_PROGRAM: JsonObject = {
  ...ABSENT_COMMON,
  appId: "",
  status: "active",
  versions: [],
  publisherKeys: [],
  grants: {},
  hosts: [],
  limits: {},
  receives: [],
  externalRoutes: [],
};
/** What a version of unsigned claims takes where it names its code alone: it declares nothing and is no bundle's. */
const ABSENT_VERSION: JsonObject = { name: "", sha256: "0".repeat(64), size: 0, kid: "", declares: [] };
/** A grant of unsigned claims that does not say whether it asks. */
const ABSENT_GRANT: JsonObject = { consent: "ask" };
/** A host rule of unsigned claims that names its host alone: it opens nothing. */
const ABSENT_HOST_RULE: JsonObject = { ports: [], purposes: [] };

const ABSENT_PLATFORM: JsonObject = {
  ...ABSENT_COMMON,
  limits: {},
  blockedHosts: [],
  suspended: [],
  minRevisions: {},
  minRuntime: {},
  graceSeconds: GRACE_SECONDS,
  telemetry: { intervalSeconds: 60, sampling: 1 },
  auditHead: { sequence: 0, sha256: "0".repeat(64) },
};
const ABSENT_KEYSET: JsonObject = { ...ABSENT_COMMON, environment: "production", keys: [], rootKeys: [], threshold: 1 };

/**
 * Typed claims of a program document. Unknown members are left out of the view (the signed bytes keep them). A grant or
 * host rule with an unknown member, kind or value stays in its place marked `inert`: it sets wildcards aside and
 * allows nothing; one that lacks a member, or has one of another JSON type, refuses the whole (spec §4).
 */
export function readProgramClaims(
  raw: JsonValue | undefined,
  required: Required<ProgramClaims> = "document",
): ReadResult<ProgramClaims> {
  const source = withDefaults(raw, required, ABSENT_PROGRAM);
  const whole = source === undefined || required === "document" ? source : completeEntries(source);
  const parsed = programShape.safeParse(whole);
  if (whole === undefined || !parsed.success) return { ok: false };
  // As they came, and not the shape's view of them, which has lost a member named `__proto__`.
  const hosts = allOf(listOf(whole.hosts).map(readHostRule));
  const grants = readMembers(whole.grants, (grant, capability) => readGrant(capability, grant));
  if (hosts === undefined || grants === undefined) return { ok: false };
  return { ok: true, claims: { ...parsed.data, hosts, grants } };
}

/** Typed claims of a platform document; `graceSeconds` is 72 h where it is absent (spec §4). */
export function readPlatformClaims(
  raw: JsonValue | undefined,
  required: Required<PlatformClaims> = "document",
): ReadResult<PlatformClaims> {
  const withGrace = isJsonObject(raw) ? { graceSeconds: GRACE_SECONDS, ...raw } : raw;
  const source = withDefaults(withGrace, required, ABSENT_PLATFORM);
  const read = checked<PlatformClaims>(platformShape, source);
  if (!read.ok || source === undefined) return read;
  const { minRevisions: revision, minRuntime: version } = platformShape.shape;
  const minRevisions = readMembers(source.minRevisions, (value) => revision.valueType.safeParse(value).data);
  const minRuntime = readMembers(source.minRuntime, (value) => version.valueType.safeParse(value).data);
  if (minRevisions === undefined || minRuntime === undefined) return { ok: false };
  return { ok: true, claims: { ...read.claims, minRevisions, minRuntime } };
}

/** Typed claims of a keyset (spec §4). */
export function readKeysetClaims(
  raw: JsonValue | undefined,
  required: Required<KeysetClaims> = "document",
): ReadResult<KeysetClaims> {
  return checked<KeysetClaims>(keysetShape, withDefaults(raw, required, ABSENT_KEYSET));
}

/** One host rule as the evaluator may use it; undefined where it is malformed (spec §4). */
export function readHostRule(raw: unknown): HostRule | InertHostRule | undefined {
  const readable = readableHostRuleShape.safeParse(raw);
  if (!readable.success) return undefined;
  const strict = hostRuleShape.safeParse(raw);
  if (strict.success) return strict.data;
  const { host, fromVersion } = readable.data;
  return { inert: true, host, ...(fromVersion === undefined ? {} : { fromVersion }) };
}

/**
 * One grant as the evaluator may use it, its constraints in the order in which they came; undefined where it is malformed
 * (spec §4). A constraint that the capability does not take makes it inert, as one that nobody knows does.
 */
export function readGrant(capability: string, raw: JsonValue): Grant | InertGrant | undefined {
  if (!isJsonObject(raw) || !readableGrantShape.safeParse(raw).success) return undefined;
  const strict = grantShape.safeParse(raw);
  if (!strict.success) return { inert: true };
  const { constraints, ...grant } = strict.data;
  if (constraints === undefined) return grant;
  const taken = findCapability(capability)?.constraints;
  if (taken !== undefined && findUntakenConstraints(taken, constraints).length > 0) return { inert: true };
  // As they came: the shape's view has them in its own order.
  const order = Object.keys(raw.constraints ?? {});
  const entries = Object.entries(constraints).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return { ...grant, constraints: Object.fromEntries(entries) };
}

/** Every member by its reader, one named `__proto__` too, which zod's records pass over; undefined where one is refused. */
function readMembers<Value>(
  raw: JsonValue | undefined,
  read: (value: JsonValue, name: string) => Value | undefined,
): Record<string, Value> | undefined {
  const members = Object.entries(isJsonObject(raw) ? raw : {});
  const values = allOf(members.map(([name, value]) => read(value, name)));
  return values && Object.fromEntries(values.map((value, index) => [members[index]?.[0] ?? "", value]));
}

/** The items, or undefined where one is. */
function allOf<Item>(items: readonly (Item | undefined)[]): Item[] | undefined {
  const found = items.filter((item) => item !== undefined);
  return found.length === items.length ? found : undefined;
}

function listOf(raw: JsonValue | undefined): JsonValue[] {
  return Array.isArray(raw) ? raw : [];
}

function withDefaults<Claims>(
  raw: JsonValue | undefined,
  required: Required<Claims>,
  absent: JsonObject,
): JsonObject | undefined {
  if (!isJsonObject(raw)) return undefined;
  if (required === "document") return raw;
  return required.every((member) => Object.hasOwn(raw, member)) ? { ...absent, ...raw } : undefined;
}

/** The members that a version, grant or host rule lacks; what is no object stays as it is, for the shape to refuse. */
function completeEntries({ versions, grants, hosts, ...rest }: JsonObject): JsonObject {
  const complete = (entry: JsonValue, absent: JsonObject) => (isJsonObject(entry) ? { ...absent, ...entry } : entry);
  const completeItems = (list: JsonValue = null, absent: JsonObject) =>
    Array.isArray(list) ? list.map((entry) => complete(entry, absent)) : list;
  return {
    ...rest,
    versions: completeItems(versions, ABSENT_VERSION),
    hosts: completeItems(hosts, ABSENT_HOST_RULE),
    grants: isJsonObject(grants)
      ? Object.fromEntries(Object.entries(grants).map(([name, grant]) => [name, complete(grant, ABSENT_GRANT)]))
      : (grants ?? null),
  };
}

function checked<Claims>(shape: z.ZodType<Claims>, source: JsonObject | undefined): ReadResult<Claims> {
  const parsed = source && shape.safeParse(source);
  return parsed?.success ? { ok: true, claims: parsed.data } : { ok: false };
}
