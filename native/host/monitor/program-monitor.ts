import type { LimitName } from "../../core/codes";
import { limitsOf } from "../../core/limits/effective-limits";
import { createLimitMeter, type LimitMeter, type MeterEvent } from "../../core/limits/limit-meter";
import type { MinuteIncrement } from "../../core/telemetry/minute-entry";
import type { AppliedPolicy, HostClock, HostTimers, TelemetryPort } from "../ports";
import { createDutyThrottle, type PausePort } from "./duty-throttle";
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
  storageBytes(): number;
  /** A limit says that the program ends. */
  kill(limit: LimitName): void;
};

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

/** How often a program is looked at: often enough that what it takes between two looks is little beside its limit. */
export const LOOK_MS = 200;
const MINUTE_MS = 60_000;
/** A program held back by processor time gets less than its limit, so that its minute comes down and it is let go. */
const THROTTLE_MARGIN = 0.8;
const THROTTLE_SHARE_MIN = 0.01;
/** Held back by anything that is no time. */
const THROTTLE_SHARE = 0.1;

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
  const tell = ({ limit, action }: MeterEvent): void => {
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
      detail: { limit, action, max },
    });
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
  const measure = (): { cpuMs: number; memoryBytes: number; storageBytes: number } => {
    const { cpuMs, memoryBytes } = options.usage.read(options.processes());
    const storageBytes = options.storageBytes();
    const { epoch, platformRevision, programRevision } = options.policy();
    countHeld();
    count({
      ...{ cpuMs, memoryBytesMax: memoryBytes, storageBytesMax: storageBytes },
      ...{ requestsPerSecondMax: 0, bridgeCalls: 0, bridgeCallsPerSecondMax: 0, limits: {} },
      applied: { epoch, platform: platformRevision, program: programRevision },
    });
    return { cpuMs, memoryBytes, storageBytes };
  };
  const act = (events: readonly MeterEvent[]): void => {
    for (const event of events) {
      if (isStopped) return;
      tell(event);
      countHeld();
      if (event.action === "throttle" || event.action === "suspend") holding.set(event.limit, event.action);
      else if (event.action === "release") holding.delete(event.limit);
      else if (event.action === "kill") options.kill(event.limit);
    }
    if (!isStopped && events.length > 0) hold();
  };
  const look = (): void => {
    if (isStopped) return;
    act(meter.sample({ atMs: clock.monotonicMs(), ...measure() }));
    if (!isStopped) cancel = timers.after(LOOK_MS, look);
  };
  cancel = timers.after(LOOK_MS, look);

  return {
    meter,
    act,
    count,
    applyLimits() {
      meter.setLimits(limitsOf(limits()));
      hold();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      cancel?.();
      measure();
      throttle.stop();
    },
  };
}
