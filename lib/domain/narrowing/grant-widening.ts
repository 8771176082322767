import type { Constraints, Grant } from "@/native/core/shapes/claims";

type Narrower<K extends keyof Constraints> = (
  before: NonNullable<Constraints[K]>,
  after: NonNullable<Constraints[K]>,
) => boolean;

const atMost = (before: number, after: number) => after <= before;
const within = (before: string[], after: string[]) => after.every((item) => before.includes(item));

/**
 * Per kind of constraint: whether the value after allows no more than the value before (spec §3). Media types and
 * fields are compared as texts; a pattern that covers another by its meaning is left to two people.
 */
const IS_AS_STRICT: { [K in keyof Required<Constraints>]: Narrower<K> } = {
  perMinute: atMost,
  perDay: atMost,
  foregroundOnly: () => true,
  gestureRequired: () => true,
  maxBytes: atMost,
  mediaTypes: within,
  precisionMetres: (before, after) => after >= before,
  maxAmountMinor: atMost,
  currency: (before, after) => before === after,
  fields: within,
};

/** Whether the grant after allows a call, at any time and in any context, that the grant before did not. */
export function isGrantWider(before: Grant, after: Grant): boolean {
  if (before.consent === "ask" && after.consent === "none") return true;
  if (before.until !== undefined && (after.until === undefined || after.until > before.until)) return true;
  const old = before.constraints ?? {};
  const now = after.constraints ?? {};
  return constraintNames(old).some((name) => !isKept(name, old, now));
}

function constraintNames(constraints: Constraints): (keyof Constraints)[] {
  return (Object.keys(IS_AS_STRICT) as (keyof Constraints)[]).filter((name) => constraints[name] !== undefined);
}

function isKept<K extends keyof Constraints>(name: K, old: Constraints, now: Constraints): boolean {
  const before = old[name];
  const after = now[name];
  if (before === undefined || before === null) return true;
  return after !== undefined && after !== null && IS_AS_STRICT[name](before, after);
}
