import type { LimitName, MeterAction } from "../../core/codes";
import { limitsOf } from "../../core/limits/effective-limits";
import { createLimitMeter, type LimitMeter, type LimitSample, type MeterEvent } from "../../core/limits/limit-meter";
import type { MinuteIncrement } from "../../core/telemetry/minute-entry";
import type { AppliedPolicy, HostClock, HostTimers, TelemetryPort } from "../ports";
import { createBusyWatch } from "./busy-watch";
import { createDutyThrottle, type PausePort } from "./duty-throttle";
import { createMemoryWatch } from "./memory-watch";
import type { TreeMeter } from "./process-usage";

export type ProgramMonitorOptions = {
  appId: string;
  versionCode: number;
  policy(): AppliedPolicy;
  clock: HostClock;
  timers: HostTimers;
  telemetry: TelemetryPort;
  usage: TreeMeter;
  /** Processes that are the program's now. */
  processes(): readonly number[];
  pause: PausePort;
  /** Lets all that is not busy come before its processes, or lets them compete like any other again. */
  giveWay(isBusy: boolean): void;
  storageBytes(): number;
  /** Processor time that the host has spent for the program since it was last asked: it counts as the program's own. */
  hostCpuMs(): number;
  /** A limit says that the program ends, at this value. */
  kill(end: LimitEnd): void;
  /** Says to whoever reads what the program writes what is done to it. */
  say(text: string): void;
};

/** Which limit ended a program, what it was told, and the most that it allows. */
export type LimitEnd = { limit: LimitName; value: number; max: number };

export type ProgramMonitor = {
  readonly meter: LimitMeter;
  /** Carries out what the meter answered, whoever asked it. */
  act(events: readonly MeterEvent[]): void;
  /** Counts into the program's minute. */
  count(increment: MinuteIncrement): void;
  /** Puts the limits of the policy of this moment in force. */
  applyLimits(): void;
  stop(): void;
};

/** How often a program is looked at. What it may gain between two looks is bounded by its engine and its control group. */
export const LOOK_MS = 1_000;
const FIRST_LOOK_MS = 200;
/** Looks fall on instants this far apart, so that many programs wake their host seldom, and few are looked at in one go. */
const INSTANTS_MS = 100;
const LOOKS_A_TREE = 5;
const MINUTE_MS = 60_000;
/** A program held back by processor time gets less than its limit, so that its minute comes down and it is let go. */
const THROTTLE_MARGIN = 0.8;
const THROTTLE_SHARE_MIN = 0.01;
/** Held back by anything that is no time. */
const THROTTLE_SHARE = 0.1;

/** What is said of a limit's actions to whoever reads the program's console. */
const SAID: Readonly<Partial<Record<MeterAction, string>>> = {
  throttle: "held back",
  suspend: "stopped for now",
  kill: "ended",
  release: "let go again",
};

/**
 * Measures one program and does what its limits say: warns, holds back, freezes, kills (spec §5, Limits). What is
 * suspended by a limit stands still until the limit releases it; it is not ended.
 */
export function createProgramMonitor(options: ProgramMonitorOptions): ProgramMonitor {
  const { appId, versionCode, clock, timers, telemetry } = options;
  const program = { appId, versionCode };
  const limits = () => options.policy().policy.limits;
  const meter = createLimitMeter(limitsOf(limits()));
  const throttle = createDutyThrottle(options.pause, clock, timers);
  const holding = new Map<LimitName, "throttle" | "suspend">();
  let heldMs = 0;
  let cancel: (() => void) | undefined;
  let isStopped = false;

  const shareOf = (limit: LimitName): number => {
    if (limit !== "cpuMsPerMinute") return THROTTLE_SHARE;
    const share = (limits().cpuMsPerMinute.limit.max / MINUTE_MS) * THROTTLE_MARGIN;
    return Math.min(1, Math.max(THROTTLE_SHARE_MIN, share));
  };
  const hold = (): void => {
    const shares = [...holding].map(([limit, how]) => (how === "suspend" ? 0 : shareOf(limit)));
    throttle.setShare(Math.min(1, ...shares));
  };
  const memory = createMemoryWatch();
  const busy = createBusyWatch();
  let isBusy = false;
  let lookedAtMs = clock.monotonicMs();
  let pids: readonly number[] = [];
  let looks = 0;
  const tell = ({ limit, action, level }: MeterEvent): void => {
    const { max } = limits()[limit].limit;
    const { epoch, platformRevision, programRevision } = options.policy();
    telemetry.recordEvent({
      type: "limit_crossed",
      ...program,
      layer: "limit",
      rule: limits()[limit].rule,
      epoch,
      platformRevision,
      programRevision,
      detail: { limit, action, value: level, max },
    });
    const said = SAID[action];
    if (said !== undefined) options.say(`${said}: ${limit} is ${level}, at most ${max}`);
  };
  const count = (increment: MinuteIncrement): void => telemetry.addToMinute(program, increment);
  /** Counts the time held since it was last counted, for each limit that asked for it: their times overlap. */
  const countHeld = (): void => {
    const held = Math.round(throttle.heldMs());
    const throttledMs = held - heldMs;
    heldMs = held;
    if (throttledMs <= 0) return;
    count({ throttledMs, limits: Object.fromEntries([...holding.keys()].map((limit) => [limit, { throttledMs }])) });
  };
  /** What is there to be measured at every look; zeros say that it was measured. */
  const measure = (): Pick<LimitSample, "cpuMs" | "memoryBytes" | "storageBytes"> => {
    // which processes there are is looked at more seldom: each costs as much as what it uses
    if (looks % LOOKS_A_TREE === 0) pids = options.processes();
    looks += 1;
    const read = options.usage.read(pids);
    const limit = limits().memoryBytes.limit;
    const whole = () => options.usage.memoryBytes(pids);
    const memoryBytes = memory.look(clock.monotonicMs(), read.residentBytes, limit, whole);
    const cpuMs = read.cpuMs + options.hostCpuMs();
    const storageBytes = options.storageBytes();
    const { epoch, platformRevision, programRevision } = options.policy();
    countHeld();
    count({
      ...{ cpuMs, storageBytesMax: storageBytes },
      ...(memoryBytes === undefined ? {} : { memoryBytesMax: memoryBytes }),
      ...{ requestsPerSecondMax: 0, bridgeCalls: 0, bridgeCallsPerSecondMax: 0, limits: {} },
      applied: { epoch, platform: platformRevision, program: programRevision },
    });
    return { cpuMs, storageBytes, ...(memoryBytes === undefined ? {} : { memoryBytes }) };
  };
  const act = (events: readonly MeterEvent[]): void => {
    for (const event of events) {
      if (isStopped) return;
      tell(event);
      countHeld();
      if (event.action === "throttle" || event.action === "suspend") holding.set(event.limit, event.action);
      else if (event.action === "release") holding.delete(event.limit);
      else if (event.action === "kill") options.kill(endOf(event));
    }
    if (!isStopped && events.length > 0) hold();
  };
  const endOf = ({ limit, level }: MeterEvent): LimitEnd => ({ limit, value: level, max: limits()[limit].limit.max });
  /** Whoever works on and on takes no processor from those who want it seldom: the host and its other programs. */
  const takePlace = (cpuMs: number, atMs: number): void => {
    const wasBusy = isBusy;
    isBusy = busy.look(cpuMs, atMs - lookedAtMs);
    lookedAtMs = atMs;
    if (isBusy !== wasBusy) options.giveWay(isBusy);
  };
  const look = (): void => {
    if (isStopped) return;
    const atMs = clock.monotonicMs();
    const measured = measure();
    takePlace(measured.cpuMs ?? 0, atMs);
    act(meter.sample({ atMs, ...measured }));
    if (!isStopped) lookAfter(LOOK_MS);
  };
  const lookAfter = (delayMs: number): void => {
    const now = clock.monotonicMs();
    cancel = timers.after(Math.round((now + delayMs) / INSTANTS_MS) * INSTANTS_MS - now, look);
  };
  // the first look is soon: what a program begins with is its own, too
  lookAfter(FIRST_LOOK_MS);

  return {
    meter,
    act,
    count,
    applyLimits() {
      meter.setLimits(limitsOf(limits()));
      memory.expect();
      hold();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      cancel?.();
      looks = 0;
      measure();
      options.usage.close();
      throttle.stop();
    },
  };
}
