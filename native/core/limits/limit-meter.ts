import { LIMIT_NAMES, type LimitName } from "../codes";
import type { Limits } from "../shapes/claims";
import { createLimitEpisode, type LimitEpisode, type LimitKind, type MeterEvent } from "./limit-episode";
import { createSlidingWindow, type SlidingWindow } from "./sliding-window";

export type { MeterEvent } from "./limit-episode";

/** What happened up to `atMs`: increments since the last sample, and values as they are now (spec §5, Limits). */
export type LimitSample = {
  /** Milliseconds of a clock that never goes back; an earlier instant is taken for the last one. */
  atMs: number;
  cpuMs?: number;
  requests?: number;
  bridgeCalls?: number;
  memoryBytes?: number;
  inFlight?: number;
  storageBytes?: number;
  cacheBytes?: number;
};

/** The answer to one thing that wants to happen now; what is refused was not counted. */
export type Admission = { events: MeterEvent[] } & (
  | { admitted: true }
  | {
      admitted: false;
      limit: LimitName;
      max: number;
      used: number;
      /** When there is room again, as far as time makes it; null where something must be settled or removed first. */
      retryAfterMs: number | null;
    }
);

/**
 * Measures one program against its limits (spec §5, Limits). `sample` takes what a whole interval brought; a host admits
 * calls one by one. Both are the same meter, in any order of use. After `kill` nothing is admitted and nothing follows.
 */
export type LimitMeter = {
  sample(sample: LimitSample): MeterEvent[];
  /** One request: counted, and in flight until it is settled. */
  admitRequest(atMs: number): Admission;
  settleRequest(atMs: number): MeterEvent[];
  admitBridgeCall(atMs: number): Admission;
  /** A write after which the program's storage would be `bytes` in all. */
  admitStorage(atMs: number, bytes: number): Admission;
  /** What was admitted within the second that ends now. */
  usedInSecond(name: "requestsPerSecond" | "bridgeCallsPerSecond", atMs: number): number;
  /** Puts other limits in force; what was counted stays counted. */
  setLimits(limits: Limits): void;
  readonly isKilled: boolean;
};

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

const SHAPES = {
  cpuMsPerMinute: { kind: "measured", windowMs: MINUTE_MS },
  memoryBytes: { kind: "measured", windowMs: null },
  requestsPerSecond: { kind: "admission", windowMs: SECOND_MS },
  requestsPerMinute: { kind: "admission", windowMs: MINUTE_MS },
  requestsInFlight: { kind: "admission", windowMs: null },
  bridgeCallsPerSecond: { kind: "admission", windowMs: SECOND_MS },
  storageBytes: { kind: "admission", windowMs: null },
  cacheBytes: { kind: "evicted", windowMs: null },
} as const satisfies Record<LimitName, { kind: LimitKind; windowMs: number | null }>;

type WindowName = { [Name in LimitName]: (typeof SHAPES)[Name]["windowMs"] extends null ? never : Name }[LimitName];

const REQUEST_WINDOWS = ["requestsPerSecond", "requestsPerMinute"] as const;
const BRIDGE_WINDOWS = ["bridgeCallsPerSecond"] as const;

/** What one instant says of a limit; absent where it says nothing. */
type Levels = Partial<Record<LimitName, { level: number; isRefused: boolean }>>;

export function createLimitMeter(initial: Limits): LimitMeter {
  let limits = initial;
  let lastMs = Number.NEGATIVE_INFINITY;
  let inFlight = 0;
  let killedBy: LimitName | undefined;
  const windows: Record<WindowName, SlidingWindow> = {
    cpuMsPerMinute: createSlidingWindow(MINUTE_MS),
    requestsPerSecond: createSlidingWindow(SECOND_MS),
    requestsPerMinute: createSlidingWindow(MINUTE_MS),
    bridgeCallsPerSecond: createSlidingWindow(SECOND_MS),
  };
  const episodes = Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, createLimitEpisode(SHAPES[name].kind, SHAPES[name].windowMs)]),
  ) as Record<LimitName, LimitEpisode>;

  const advance = (toMs: number): number => {
    lastMs = Math.max(lastMs, toMs);
    for (const [name, window] of Object.entries(windows) as [WindowName, SlidingWindow][]) {
      const cameDownAt = window.advance(lastMs, limits[name]?.max ?? Number.POSITIVE_INFINITY);
      if (cameDownAt !== undefined && SHAPES[name].kind === "measured") episodes[name].cameDown(cameDownAt);
    }
    return lastMs;
  };

  /** Adds of an increment what fits; answers the first limit, in the list's order, that has no room for the rest. */
  const admit = (names: readonly WindowName[], amount: number, atMs: number): WindowName | undefined => {
    const roomOf = (name: WindowName) => (limits[name]?.max ?? Number.POSITIVE_INFINITY) - windows[name].sum;
    const admitted = Math.max(0, Math.min(amount, ...names.map(roomOf)));
    for (const name of names) windows[name].add(atMs, admitted);
    return admitted < amount ? names.find((name) => roomOf(name) <= 0) : undefined;
  };

  /** Every limit that was told something, in the list's order. */
  const reckon = (atMs: number, levels: Levels): MeterEvent[] => {
    const events: MeterEvent[] = [];
    for (const name of LIMIT_NAMES) {
      const limit = limits[name];
      const told = levels[name];
      if (limit === undefined || told === undefined) continue;
      const isOver = SHAPES[name].kind === "admission" ? told.isRefused : told.level > limit.max;
      for (const action of episodes[name].reckon(limit, { atMs, level: told.level, isOver })) {
        events.push({ atMs, limit: name, action, level: told.level });
        if (action !== "kill") continue;
        killedBy = name;
        return events;
      }
    }
    return events;
  };

  const windowLevels = (refusedBy: (LimitName | undefined)[]): Levels =>
    Object.fromEntries(
      (Object.keys(windows) as WindowName[]).map((name) => [
        name,
        { level: windows[name].sum, isRefused: refusedBy.includes(name) },
      ]),
    );

  /** A value that would exceed its limit is refused, and warns as what it would have been. */
  const valueLevel = (name: LimitName, value: number) => {
    const limit = limits[name];
    return { level: value, isRefused: limit !== undefined && value > limit.max };
  };

  const refuse = (limit: LimitName, used: number, retryAfterMs: number | null, events: MeterEvent[]): Admission => ({
    admitted: false,
    limit,
    max: limits[limit]?.max ?? 0,
    used,
    retryAfterMs,
    events,
  });

  const refuseByWindow = (name: WindowName, atMs: number, events: MeterEvent[]): Admission => {
    const room = (limits[name]?.max ?? 0) - 1;
    return refuse(name, windows[name].sum, windows[name].msUntil(room, atMs), events);
  };

  return {
    get isKilled() {
      return killedBy !== undefined;
    },
    sample(sample) {
      if (killedBy !== undefined) return [];
      const atMs = advance(sample.atMs);
      windows.cpuMsPerMinute.add(atMs, sample.cpuMs ?? 0);
      const levels = windowLevels([
        admit(REQUEST_WINDOWS, sample.requests ?? 0, atMs),
        admit(BRIDGE_WINDOWS, sample.bridgeCalls ?? 0, atMs),
      ]);
      const values = {
        memoryBytes: sample.memoryBytes,
        requestsInFlight: sample.inFlight,
        storageBytes: sample.storageBytes,
        cacheBytes: sample.cacheBytes,
      };
      for (const [name, value] of Object.entries(values) as [keyof typeof values, number | undefined][]) {
        if (value === undefined) continue;
        const told = valueLevel(name, value);
        levels[name] = told;
        if (name === "requestsInFlight" && !told.isRefused) inFlight = value;
      }
      return reckon(atMs, levels);
    },
    admitRequest(atMs) {
      if (killedBy !== undefined) return refuse(killedBy, 0, null, []);
      const at = advance(atMs);
      const full = REQUEST_WINDOWS.find((name) => windows[name].sum >= (limits[name]?.max ?? Number.POSITIVE_INFINITY));
      if (full !== undefined) return refuseByWindow(full, at, reckon(at, windowLevels([full])));
      const flight = valueLevel("requestsInFlight", inFlight + 1);
      if (flight.isRefused) {
        return refuse(
          "requestsInFlight",
          inFlight,
          null,
          reckon(at, { ...windowLevels([]), requestsInFlight: flight }),
        );
      }
      admit(REQUEST_WINDOWS, 1, at);
      inFlight++;
      return { admitted: true, events: reckon(at, { ...windowLevels([]), requestsInFlight: flight }) };
    },
    settleRequest(atMs) {
      inFlight = Math.max(0, inFlight - 1);
      if (killedBy !== undefined) return [];
      return reckon(advance(atMs), { ...windowLevels([]), requestsInFlight: valueLevel("requestsInFlight", inFlight) });
    },
    admitBridgeCall(atMs) {
      if (killedBy !== undefined) return refuse(killedBy, 0, null, []);
      const at = advance(atMs);
      const refusedBy = admit(BRIDGE_WINDOWS, 1, at);
      const events = reckon(at, windowLevels([refusedBy]));
      return refusedBy === undefined ? { admitted: true, events } : refuseByWindow(refusedBy, at, events);
    },
    admitStorage(atMs, bytes) {
      if (killedBy !== undefined) return refuse(killedBy, bytes, null, []);
      const told = valueLevel("storageBytes", bytes);
      const events = reckon(advance(atMs), { storageBytes: told });
      return told.isRefused ? refuse("storageBytes", bytes, null, events) : { admitted: true, events };
    },
    usedInSecond(name, atMs) {
      advance(atMs);
      return windows[name].sum;
    },
    setLimits(next) {
      for (const name of LIMIT_NAMES) if (next[name] === undefined) episodes[name].reset();
      limits = next;
    },
  };
}
