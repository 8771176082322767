import { z } from "zod";
import { HOST_PURPOSES, RUNTIME_KINDS } from "@/native/core/codes";
import {
  grantShape,
  hostRuleShape,
  limitShape,
  publicKeyShape,
  versionShape,
} from "@/native/core/documents/claims-shapes";
import type { Constraints, Grant, HostRule } from "@/native/core/shapes/claims";
import { PERSON_STATES } from "./lifecycles";
import type { Entry, Member, MemberKind, MemberValues } from "./members";
import { ROLES } from "./roles";

const LIST_MAX = 256;
const label = z.string().trim().min(1).max(100);
const text = z.string().min(1).max(1024);

function sorted<T extends string | number>(items: readonly T[]): T[] {
  return [...new Set(items)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function canonicalRule(rule: HostRule): HostRule {
  return {
    ...rule,
    ports: sorted(rule.ports),
    purposes: HOST_PURPOSES.filter((purpose) => rule.purposes.includes(purpose)),
    ...(rule.pins === undefined ? {} : { pins: { ...rule.pins, sha256: sorted(rule.pins.sha256) } }),
  };
}

/** No constraints and an empty list of them are one decision. */
function canonicalGrant({ constraints, ...grant }: Grant): Grant {
  if (constraints === undefined || Object.keys(constraints).length === 0) return grant;
  const lists: Pick<Constraints, "mediaTypes" | "fields"> = {
    ...(constraints.mediaTypes === undefined ? {} : { mediaTypes: sorted(constraints.mediaTypes) }),
    ...(constraints.fields === undefined ? {} : { fields: sorted(constraints.fields) }),
  };
  return { ...grant, constraints: { ...constraints, ...lists } };
}

/** A rule that could never match, or pins that nothing could meet, are mistakes of whoever wrote them. */
const hostRule = hostRuleShape
  .refine((rule) => rule.ports.length > 0 && rule.ports.length <= LIST_MAX, { path: ["ports"] })
  .refine((rule) => rule.purposes.length > 0, { path: ["purposes"] })
  .refine((rule) => rule.until === undefined || rule.until > 0, { path: ["until"] })
  .refine((rule) => rule.fromVersion === undefined || rule.fromVersion > 0, { path: ["fromVersion"] })
  .refine((rule) => rule.pins === undefined || (rule.pins.sha256.length > 0 && rule.pins.until > 0), { path: ["pins"] })
  .transform(canonicalRule);

const grant = grantShape
  .refine((value) => value.until === undefined || value.until > 0, { path: ["until"] })
  .transform(canonicalGrant);

const limit = limitShape
  .strict()
  .refine((value) => value.warn === undefined || value.warn <= value.max, { path: ["warn"] });

const VALUE_SHAPES: { [K in MemberKind]: z.ZodType<MemberValues[K]> } = {
  publisher: z.strictObject({ name: label }),
  "publisher-key": z.strictObject({ jwk: publicKeyShape.strict(), status: z.enum(["active", "revoked"]) }),
  registration: z.strictObject({ publisherId: text, name: label }),
  status: z.enum(["active", "suspended", "retired"]),
  version: versionShape.strict(),
  grant,
  host: hostRule,
  limit,
  receiver: z.strictObject({ actions: z.array(text).min(1).max(LIST_MAX).transform(sorted) }),
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
