import { LIMIT_ACTIONS, type LimitName } from "@/native/core/codes";
import type { Limit } from "@/native/core/shapes/claims";
import { BYTES, PLAIN, readChoice, readNumber, type Units, writeNumber } from "./read-parts";
import type { Taken, Texts } from "./taken";

export const LIMIT_FIELDS = ["/max", "/warn", "/action"] as const;

const UNITS: Readonly<Record<LimitName, Units>> = {
  cpuMsPerMinute: { ms: 1, s: 1000 },
  memoryBytes: BYTES,
  requestsPerSecond: { "": 1, s: 1 },
  requestsPerMinute: { "": 1, min: 1 },
  requestsInFlight: PLAIN,
  bridgeCallsPerSecond: { "": 1, s: 1 },
  storageBytes: BYTES,
  cacheBytes: BYTES,
};

type Of = { name: LimitName };

/** A limit in the texts that `readLimitText` reads: numbers in the unit that people say. */
export function writeLimitText({ max, warn, action }: Partial<Limit>, { name }: Of): Texts {
  return {
    "/max": writeNumber(max, UNITS[name]),
    "/warn": writeNumber(warn, UNITS[name]),
    "/action": action ?? "",
  };
}

export function readLimitText(texts: Texts, { name }: Of): Taken<Limit> {
  const max = readNumber(texts["/max"] ?? "", "/max", UNITS[name]);
  const warn = readNumber(texts["/warn"] ?? "", "/warn", UNITS[name]);
  const action = readChoice(texts["/action"] ?? "", "/action", LIMIT_ACTIONS);
  const issues = [...max.issues, ...warn.issues, ...action.issues];
  if (max.value === undefined && max.issues.length === 0)
    issues.push({ field: "/max", code: "NUMBER_EMPTY", said: {} });
  if (max.value !== undefined && warn.value !== undefined && warn.value > max.value) {
    issues.push({ field: "/warn", code: "WARN_ABOVE", said: {} });
  }
  if (issues.length > 0 || max.value === undefined || action.value === undefined) {
    return { values: [], issues, notes: [] };
  }
  const value = { ...(warn.value === undefined ? {} : { warn: warn.value }), max: max.value, action: action.value };
  return { values: [value], issues, notes: [] };
}
