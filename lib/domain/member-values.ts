import { z } from "zod";
import { HOST_PURPOSES, LIMIT_ACTIONS, RUNTIME_KINDS } from "@/native/core/codes";
import type { Constraints, Grant, HostRule, Limit, Pins, ProgramVersion, PublicJwk } from "@/native/core/shapes/claims";
import { PERSON_STATES } from "./lifecycles";
import type { Entry, Member, MemberKind, MemberValues } from "./members";
import { ROLES } from "./roles";

const whole = z.int().min(0);
const counted = z.int().min(1);
const seconds = z.int().min(1);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const label = z.string().trim().min(1).max(100);
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const text = z.string().min(1).max(1024);

const jwk = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
}) satisfies z.ZodType<PublicJwk>;

/** Sorted and without repeats, so that one meaning has one text. */
function setOf<T extends string | number>(item: z.ZodType<T>, max: number) {
  return z
    .array(item)
    .min(1)
    .max(max)
    .transform((items) => [...new Set(items)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
}

const purposes = z
  .array(z.enum(HOST_PURPOSES))
  .min(1)
  .max(16)
  .transform((wished) => HOST_PURPOSES.filter((purpose) => wished.includes(purpose)));

const pins = z.strictObject({
  sha256: setOf(digest, 16),
  until: seconds,
  mode: z.enum(["enforce", "report"]),
}) satisfies z.ZodType<Pins>;

const hostRule = z.strictObject({
  host: z.string().min(3).max(255),
  ports: setOf(z.int().min(1).max(65535), 64),
  purposes,
  until: seconds.exactOptional(),
  fromVersion: counted.exactOptional(),
  pins: pins.exactOptional(),
}) satisfies z.ZodType<HostRule>;

const constraints = z.strictObject({
  perMinute: whole.exactOptional(),
  perDay: whole.exactOptional(),
  foregroundOnly: z.literal(true).exactOptional(),
  gestureRequired: z.literal(true).exactOptional(),
  maxBytes: whole.exactOptional(),
  mediaTypes: setOf(text, 64).exactOptional(),
  precisionMetres: whole.exactOptional(),
  maxAmountMinor: whole.exactOptional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .exactOptional(),
  fields: setOf(text, 64).exactOptional(),
}) satisfies z.ZodType<Constraints>;

const grant = z.strictObject({
  constraints: constraints.exactOptional(),
  consent: z.enum(["none", "ask"]),
  until: seconds.exactOptional(),
}) satisfies z.ZodType<Grant>;

const limit = z
  .strictObject({ warn: whole.exactOptional(), max: whole, action: z.enum(LIMIT_ACTIONS) })
  .refine((value) => value.warn === undefined || value.warn <= value.max, {
    path: ["warn"],
  }) satisfies z.ZodType<Limit>;

const version = z.strictObject({
  code: counted,
  name: text,
  sha256: digest,
  size: counted,
  kid: text,
  declares: z.array(text).max(256),
}) satisfies z.ZodType<ProgramVersion>;

const VALUE_SHAPES: { [K in MemberKind]: z.ZodType<MemberValues[K]> } = {
  publisher: z.strictObject({ name: label }),
  "publisher-key": z.strictObject({ jwk, status: z.enum(["active", "revoked"]) }),
  registration: z.strictObject({ publisherId: text, name: label }),
  status: z.enum(["active", "suspended", "retired"]),
  version,
  grant,
  host: hostRule,
  limit,
  receiver: z.strictObject({ actions: setOf(text, 256) }),
  route: z.literal(true),
  "platform-limit": limit,
  "blocked-host": z.literal(true),
  "min-runtime": z.string().regex(/^(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}$/),
  "grace-seconds": z
    .int()
    .min(0)
    .max(30 * 86_400),
  telemetry: z.strictObject({ intervalSeconds: z.int().min(1).max(3600), sampling: z.int().min(0).max(100) }),
  person: z.strictObject({
    email: z
      .string()
      .trim()
      .max(254)
      .regex(/^[^\s@]+@[^\s@]+$/),
    name: label,
    role: z.enum(ROLES),
    publisherId: text.nullable(),
    state: z.enum(PERSON_STATES),
  }),
  "sign-in": z.strictObject({ purpose: z.enum(["invite", "reset"]) }),
};

/** One thing that is wrong with a change, at `path` (a JSON Pointer into the member's value). */
export type ValueIssue = { path: string; code: string };
export type ParsedEntry = { ok: true; entry: Entry } | { ok: false; issues: ValueIssue[] };

/**
 * Reads a member's value, made canonical (sets sorted), so that equal decisions have equal texts. Refused with issues:
 * a value of another shape, and one that contradicts its key (a version's code, a runtime kind nobody has).
 */
export function parseEntry(member: Member, value: unknown): ParsedEntry {
  const parsed = VALUE_SHAPES[member.kind].safeParse(value);
  if (!parsed.success) {
    return {
      ok: false,
      issues: parsed.error.issues.map((issue) => ({
        path: issue.path.map((part) => `/${String(part)}`).join(""),
        code: issue.code === "unrecognized_keys" ? "UNKNOWN_MEMBER" : issue.code === "invalid_type" ? "TYPE" : "FORMAT",
      })),
    };
  }
  // Safe because the shape was chosen by the member's kind, and `VALUE_SHAPES` maps each kind to its own value.
  const entry = { kind: member.kind, member, value: parsed.data } as Entry;
  if (entry.kind === "version" && entry.value.code !== entry.member.code) {
    return { ok: false, issues: [{ path: "/code", code: "FORMAT" }] };
  }
  if (entry.kind === "min-runtime" && !(RUNTIME_KINDS as readonly string[]).includes(entry.member.runtime)) {
    return { ok: false, issues: [{ path: "", code: "FORMAT" }] };
  }
  return { ok: true, entry };
}
