import type { Admission, LimitMeter, MeterEvent } from "../../core/limits/limit-meter";
import type { CallLimits } from "../bridge/call-limits";
import type { CallDenial } from "../bridge/capability-registry";
import type { AppliedPolicy, HostTimers } from "../ports";

export type MeteredLimitsOptions = {
  meter: LimitMeter;
  policy(): AppliedPolicy;
  monotonicMs(): number;
  onEvents(events: readonly MeterEvent[]): void;
  /** Stops and goes on listening to the program. */
  listening: { pause(): void; resume(): void };
  timers: HostTimers;
  /** Told after each change of the number of requests under way. */
  onInFlight(count: number): void;
};

/** Refusals that are answered one by one before a program is left to wait. */
const REFUSALS_MAX = 200;
const SILENCE_MS = 250;

/** The meter as the bridge asks it: call by call, and deaf for a while to a program that does nothing but flood. */
export function createMeteredLimits(options: MeteredLimitsOptions): CallLimits {
  const { meter } = options;
  let inFlight = 0;
  let refusals = 0;
  let isDeaf = false;

  const denialOf = (admission: Admission): CallDenial | undefined => {
    options.onEvents(admission.events);
    if (admission.admitted) return undefined;
    const { limit, max, used, retryAfterMs } = admission;
    const rate = { limit: max, used, retryAfterMs: Math.ceil(retryAfterMs ?? 0) };
    return { code: "RATE_LIMITED", layer: "limit", rule: options.policy().policy.limits[limit].rule, rate, limit };
  };
  const beDeaf = (): void => {
    if (isDeaf) return;
    isDeaf = true;
    options.listening.pause();
    options.timers.after(SILENCE_MS, () => {
      isDeaf = false;
      refusals = 0;
      options.listening.resume();
    });
  };
  const count = (change: number): void => {
    inFlight += change;
    options.onInFlight(inFlight);
  };

  return {
    admitCall() {
      const denial = denialOf(meter.admitBridgeCall(options.monotonicMs()));
      refusals = denial === undefined ? Math.max(0, refusals - 1) : refusals + 1;
      if (refusals > REFUSALS_MAX) beDeaf();
      return denial;
    },
    admitRequest() {
      const denial = denialOf(meter.admitRequest(options.monotonicMs()));
      if (denial === undefined) count(1);
      return denial;
    },
    settleRequest() {
      options.onEvents(meter.settleRequest(options.monotonicMs()));
      count(-1);
    },
    admitStorage: (sizeBytes) => denialOf(meter.admitStorage(options.monotonicMs(), sizeBytes)),
    noteFlood: (calls) => options.onEvents(meter.sample({ atMs: options.monotonicMs(), bridgeCalls: calls })),
  };
}
