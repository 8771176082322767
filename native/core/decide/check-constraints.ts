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

/**
 * The first constraint that a call is outside of, apart from rates; undefined if it is within all (spec §3). What a call
 * does not say is not measured here: whoever holds the data bounds the result by the same constraint.
 */
export function findUnmetConstraint(
  constraints: Constraints,
  context: CallContext | undefined,
  params: unknown,
): ConstraintKind | undefined {
  return findUnmetMoment(constraints, context) ?? findUnmetArgument(constraints, readMembers(params));
}

/** The constraints that hold whatever the arguments are. */
export function findUnmetMoment(
  constraints: Constraints,
  context: CallContext | undefined,
): ConstraintKind | undefined {
  if (constraints.foregroundOnly === true && context?.foreground !== true) return "foregroundOnly";
  if (constraints.gestureRequired === true && context?.gesture !== true) return "gestureRequired";
  return undefined;
}

function findUnmetArgument(constraints: Constraints, params: Params): ConstraintKind | undefined {
  const { maxBytes, mediaTypes, precisionMetres, maxAmountMinor, currency } = constraints;
  if (maxBytes !== undefined && callBytes(params) > maxBytes) return "maxBytes";
  if (mediaTypes !== undefined && !namedMediaTypes(params).every((type) => isMediaTypeAmong(mediaTypes, type))) {
    return "mediaTypes";
  }
  const precision = params.precisionMetres;
  if (precisionMetres !== undefined && typeof precision === "number" && precision < precisionMetres) {
    return "precisionMetres";
  }
  if (maxAmountMinor !== undefined) {
    // An amount means nothing in another currency, so the currency is looked at first.
    if (currency !== undefined && params.currency !== currency) return "currency";
    const amount = params.amountMinor;
    if (typeof amount !== "number" || amount > maxAmountMinor) return "maxAmountMinor";
  }
  return undefined;
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
  return allowed.some((entry) => {
    const pattern = lowerAscii(entry);
    if (pattern === "*/*" || pattern === type) return true;
    return pattern.endsWith("/*") && type.startsWith(pattern.slice(0, -1));
  });
}
