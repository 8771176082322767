import type { Constraints } from "../shapes/claims";
import { lowerAscii, trimBlanks } from "../text/ascii";
import type { ConstraintKind } from "./catalog";
import { utf8Length } from "./utf8-length";

/** The moment of a call. Without one: in the background, no gesture, nothing used (spec §5). */
export type CallContext = {
  foreground: boolean;
  gesture: boolean;
  /** Calls of the same API's capability in the running minute and day, this one left out. */
  used: { perMinute: number; perDay: number };
  /** When the oldest counted call leaves its window, where the caller knows; else the whole window is answered. */
  retryAfterMs?: { perMinute: number; perDay: number };
};

type Params = Readonly<Record<string, unknown>>;
type Call = { context: CallContext | undefined; params: Params };
/** What a call says to a constraint of a kind; null: nothing. */
type SeenOf = {
  perMinute: null;
  perDay: null;
  foregroundOnly: boolean;
  gestureRequired: boolean;
  maxBytes: number;
  mediaTypes: string[];
  precisionMetres: number | null;
  maxAmountMinor: number | null;
  currency: string | null;
  fields: null;
};
type Check<Kind extends ConstraintKind> =
  | {
      /** `moment` holds whatever the arguments are. */
      of: "moment" | "arguments";
      see(call: Call): SeenOf[Kind];
      isMet(constraint: NonNullable<Constraints[Kind]>, seen: SeenOf[Kind]): boolean;
    }
  /** Judged where calls are counted, or on the result. */
  | { of: "rate" | "result" };

/** How a call is held to each kind of constraint, by itself (spec 5.44). */
const CHECKS: { readonly [Kind in ConstraintKind]: Check<Kind> } = {
  perMinute: { of: "rate" },
  perDay: { of: "rate" },
  foregroundOnly: { of: "moment", see: ({ context }) => context?.foreground === true, isMet: (_, seen) => seen },
  gestureRequired: { of: "moment", see: ({ context }) => context?.gesture === true, isMet: (_, seen) => seen },
  maxBytes: { of: "arguments", see: ({ params }) => callBytes(params), isMet: (max, seen) => seen <= max },
  mediaTypes: {
    of: "arguments",
    see: ({ params }) => namedMediaTypes(params),
    isMet: (allowed, seen) => seen.every((type) => isMediaTypeAmong(allowed, type)),
  },
  precisionMetres: {
    of: "arguments",
    see: ({ params }) => numberOf(params.precisionMetres),
    isMet: (min, seen) => seen === null || seen >= min,
  },
  maxAmountMinor: {
    of: "arguments",
    see: ({ params }) => numberOf(params.amountMinor),
    isMet: (max, seen) => seen !== null && seen <= max,
  },
  currency: {
    of: "arguments",
    see: ({ params }) => (typeof params.currency === "string" ? params.currency : null),
    isMet: (currency, seen) => seen === currency,
  },
  fields: { of: "result" },
};

/**
 * The first constraint, in document order, that a call is outside of, apart from rates; undefined if it is within all
 * (spec §3). What a call does not say is not measured here: whoever holds the data bounds the result by the same constraint.
 */
export function findUnmetConstraint(
  constraints: Constraints,
  context: CallContext | undefined,
  params: unknown,
): ConstraintKind | undefined {
  const call: Call = { context, params: readMembers(params) };
  return kindsOf(constraints).find((kind) => !isMet(kind, constraints, call));
}

/** The same of the constraints that hold whatever the arguments are. */
export function findUnmetMoment(
  constraints: Constraints,
  context: CallContext | undefined,
): ConstraintKind | undefined {
  const call: Call = { context, params: {} };
  return kindsOf(constraints).find((kind) => CHECKS[kind].of === "moment" && !isMet(kind, constraints, call));
}

/** Kinds among the constraints that are not among those that a capability takes: with one a grant is inert (spec 4.25). */
export function findUntakenConstraints(taken: readonly string[], constraints: object): string[] {
  return Object.keys(constraints).filter((kind) => !taken.includes(kind));
}

export type RateKind = "perMinute" | "perDay";

/** Whether a kind is judged where calls are counted. */
export function isRateKind(kind: ConstraintKind): kind is RateKind {
  return CHECKS[kind].of === "rate";
}

/** The kinds that constraints are of, in document order. */
export function kindsOf(constraints: Constraints): ConstraintKind[] {
  return Object.keys(constraints) as ConstraintKind[];
}

/** What a call says to a constraint of a kind; null where it says nothing, or such a kind refuses no call. */
export function seeConstraint(
  kind: ConstraintKind,
  context: CallContext | undefined,
  params: unknown,
): SeenOf[ConstraintKind] {
  const check = CHECKS[kind];
  return "see" in check ? check.see({ context, params: readMembers(params) }) : null;
}

function isMet<Kind extends ConstraintKind>(kind: Kind, constraints: Constraints, call: Call): boolean {
  const check: Check<Kind> = CHECKS[kind];
  const constraint = constraints[kind];
  return !("isMet" in check) || constraint === undefined || check.isMet(constraint, check.see(call));
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function readMembers(params: unknown): Params {
  return typeof params === "object" && params !== null && !Array.isArray(params) ? (params as Params) : {};
}

const SIZED_MEMBERS = ["body", "content", "text", "value", "data"] as const;

/** Bytes that a call says or brings: the greater of what it announces and what it carries. */
function callBytes(params: Params): number {
  const announced = typeof params.bytes === "number" ? params.bytes : 0;
  const carried = SIZED_MEMBERS.reduce(
    (sum, name) => sum + (Object.hasOwn(params, name) ? sizeOf(params[name]) : 0),
    0,
  );
  return Math.max(announced, carried);
}

function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === "string") return utf8Length(value);
  return value === undefined ? 0 : utf8Length(JSON.stringify(value) ?? "");
}

/** `mediaType`, `mediaTypes`, and a `content-type` header, without their parameters. */
function namedMediaTypes(params: Params): string[] {
  const list = Array.isArray(params.mediaTypes) ? params.mediaTypes : [];
  const headers = Object.entries(readMembers(params.headers));
  const contentTypes = headers.filter(([name]) => lowerAscii(name) === "content-type").map(([, value]) => value);
  return [params.mediaType, ...list, ...contentTypes]
    .filter((type) => typeof type === "string")
    .map((type) => lowerAscii(trimBlanks(type.split(";")[0] ?? "")));
}

function isMediaTypeAmong(allowed: readonly string[], type: string): boolean {
  return allowed.some((entry) => coversMediaType(entry, type));
}

/**
 * Whether every media type of the second pattern is one of the first: equal in any ASCII letter case, `TYPE/*` for all
 * of a type, or the pattern for every type at all (spec 5.44).
 */
export function coversMediaType(pattern: string, type: string): boolean {
  const [wide, narrow] = [lowerAscii(pattern), lowerAscii(type)];
  if (wide === "*/*" || wide === narrow) return true;
  return wide.endsWith("/*") && narrow.startsWith(wide.slice(0, -1));
}
