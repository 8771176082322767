import { LIMIT_NAMES, type LimitName, type MeterAction } from "../../codes";
import type { Limits } from "../../shapes/claims";
import type { LimitSample, MeterEvent } from "../limit-meter";

const WINDOW_MS: Partial<Record<LimitName, number>> = {
  cpuMsPerMinute: 60_000,
  requestsPerSecond: 1000,
  requestsPerMinute: 60_000,
  bridgeCallsPerSecond: 1000,
};
const VALUES = {
  memoryBytes: "memoryBytes",
  requestsInFlight: "inFlight",
  storageBytes: "storageBytes",
  cacheBytes: "cacheBytes",
} as const;

type Amount = { atMs: number; amount: number };
type Memory = { counted: Amount[]; refusedAt: number[]; crossedAt: number | undefined; hasWarned: boolean };

/**
 * The meter a second time, from the words of spec §5 Limits: it keeps everything that ever happened and reckons every
 * sum anew, at every instant that matters. Slow; shares no code with the meter.
 */
export function naiveMeter(limits: Limits, samples: readonly LimitSample[]): Omit<MeterEvent, "level">[] {
  const events: Omit<MeterEvent, "level">[] = [];
  const memories = Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, { counted: [], refusedAt: [], crossedAt: undefined, hasWarned: false }]),
  ) as unknown as Record<LimitName, Memory>;

  for (const sample of samples) {
    if (events.at(-1)?.action === "kill") break;
    const { atMs } = sample;
    memories.cpuMsPerMinute.counted.push({ atMs, amount: sample.cpuMs ?? 0 });
    admitOneByOne(limits, memories, ["requestsPerSecond", "requestsPerMinute"], atMs, sample.requests ?? 0);
    admitOneByOne(limits, memories, ["bridgeCallsPerSecond"], atMs, sample.bridgeCalls ?? 0);
    for (const name of LIMIT_NAMES) {
      for (const action of actionsOf(limits, memories, name, sample)) {
        events.push({ atMs, limit: name, action });
        if (action === "kill") return events;
      }
    }
  }
  return events;
}

function sumAt(memory: Memory, name: LimitName, atMs: number): number {
  const length = WINDOW_MS[name] ?? 0;
  return memory.counted
    .filter((entry) => entry.atMs > atMs - length && entry.atMs <= atMs)
    .reduce((sum, entry) => sum + entry.amount, 0);
}

function admitOneByOne(
  limits: Limits,
  memories: Record<LimitName, Memory>,
  names: LimitName[],
  atMs: number,
  amount: number,
) {
  for (let one = 0; one < amount; one++) {
    const full = names.find((name) => {
      const limit = limits[name];
      return limit !== undefined && sumAt(memories[name], name, atMs) + 1 > limit.max;
    });
    if (full !== undefined) memories[full].refusedAt.push(atMs);
    else for (const name of names) memories[name].counted.push({ atMs, amount: 1 });
  }
}

function actionsOf(
  limits: Limits,
  memories: Record<LimitName, Memory>,
  name: LimitName,
  sample: LimitSample,
): MeterAction[] {
  const limit = limits[name];
  if (limit === undefined) return [];
  const memory = memories[name];
  const { atMs } = sample;
  const isWindow = WINDOW_MS[name] !== undefined;
  const level = isWindow ? sumAt(memory, name, atMs) : sample[VALUES[name as keyof typeof VALUES]];
  if (level === undefined) return [];
  const isCpu = name === "cpuMsPerMinute";
  const isOver = isWindow && !isCpu ? memory.refusedAt.includes(atMs) : level > limit.max;

  const actions: MeterAction[] = [];
  const isReleased = isWindow ? hadQuietWindow(memory, name, limit.max, atMs) : !isOver;
  if (memory.crossedAt !== undefined && isReleased) {
    memory.crossedAt = undefined;
    actions.push("release");
  }
  const threshold = limit.warn ?? Math.floor(limit.max * 0.75);
  if (level > threshold && !memory.hasWarned) actions.push("warn");
  memory.hasWarned = level > threshold;
  if (isOver && memory.crossedAt === undefined) {
    memory.crossedAt = atMs;
    if (isCpu || name === "memoryBytes") actions.push(limit.action);
    else if (name === "cacheBytes") actions.push("evict");
    else actions.push("refuse", ...(limit.action === "suspend" || limit.action === "kill" ? [limit.action] : []));
  }
  return actions;
}

/** Whether, since it was crossed, there was a whole window (x, x + W] at no instant of which the limit was over. */
function hadQuietWindow(memory: Memory, name: LimitName, max: number, atMs: number): boolean {
  const length = WINDOW_MS[name] ?? 0;
  const { crossedAt } = memory;
  if (crossedAt === undefined) return false;
  const instants = [
    ...memory.counted.flatMap((entry) => [entry.atMs, entry.atMs + length]),
    ...memory.refusedAt,
    atMs,
  ].filter((instant) => instant >= crossedAt && instant <= atMs);
  const isQuiet = (instant: number) => sumAt(memory, name, instant) <= max && !memory.refusedAt.includes(instant);
  return instants.some((start) => {
    if (start + length > atMs || sumAt(memory, name, start) > max) return false;
    return instants.every((instant) => instant <= start || instant > start + length || isQuiet(instant));
  });
}
