/** Bounds of what a capability provider answers: what goes into one message to a program, with room for what stands around it. */
const UNITS_MAX = 900 * 1024;
const VALUES_MAX = 20_000;
const DEPTH_MAX = 16;

/** Why an answer is none that may be handed on. */
export type AnswerFault = "no_object" | "unknown_member" | "no_json" | "too_deep" | "too_large";

type Room = { units: number; values: number };

class Unfit extends Error {
  constructor(readonly fault: AnswerFault) {
    super(fault);
  }
}

/**
 * A copy of an answer as JSON has it, of plain values alone and within bounds, whatever it was: one that refers to
 * itself, counts without end or has members that the API does not name is a fault. Members without a value are left out.
 */
export function plainAnswer(
  answer: unknown,
  members: readonly string[],
): { ok: true; value: Record<string, unknown> } | { ok: false; fault: AnswerFault } {
  try {
    if (!isPlain(answer)) return { ok: false, fault: "no_object" };
    if (Object.keys(answer).some((name) => !members.includes(name))) return { ok: false, fault: "unknown_member" };
    return { ok: true, value: copyObject(answer, 0, { units: UNITS_MAX, values: VALUES_MAX }) };
  } catch (error) {
    // a member that is read may throw, as whatever stands behind it likes
    return { ok: false, fault: error instanceof Unfit ? error.fault : "no_json" };
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function take(room: Room, units: number): void {
  room.units -= units;
  room.values -= 1;
  if (room.units < 0 || room.values < 0) throw new Unfit("too_large");
}

function copyObject(from: Record<string, unknown>, depth: number, room: Room): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const name of Object.keys(from)) {
    const value = from[name];
    if (value === undefined) continue;
    take(room, name.length);
    kept.push([name, copyValue(value, depth + 1, room)]);
  }
  return Object.fromEntries(kept);
}

function copyValue(value: unknown, depth: number, room: Room): unknown {
  if (depth > DEPTH_MAX) throw new Unfit("too_deep");
  take(room, typeof value === "string" ? value.length : 4);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) {
    if (value.length > room.values) throw new Unfit("too_large");
    return Array.from(value, (item) => copyValue(item, depth + 1, room));
  }
  if (isPlain(value)) return copyObject(value, depth, room);
  throw new Unfit("no_json");
}
