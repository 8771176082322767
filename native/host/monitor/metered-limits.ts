import type { Admission, LimitMeter, MeterEvent } from "../../core/limits/limit-meter";
import type { MinuteIncrement } from "../../core/telemetry/minute-entry";
import type { BridgeChannel } from "../bridge/bridge-channel";
import type { CallLimits } from "../bridge/call-limits";
import type { CallDenial } from "../bridge/capability-registry";
import type { AppliedPolicy, HostTimers } from "../ports";

export type MeteredLimitsOptions = {
  meter: LimitMeter;
  policy(): AppliedPolicy;
  monotonicMs(): number;
  onEvents(events: readonly MeterEvent[]): void;
  /** Stops and goes on listening to the program. */
  listening: Pick<BridgeChannel, "hold" | "release">;
  timers: HostTimers;
  /** Counts into the program's minute what was admitted and refused. */
  count(increment: MinuteIncrement): void;
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
    options.count({ limits: { [limit]: { refused: 1 } } });
    const rate = { limit: max, used, retryAfterMs: Math.ceil(retryAfterMs ?? 0) };
    return { code: "RATE_LIMITED", layer: "limit", rule: options.policy().policy.limits[limit].rule, rate, limit };
  };
  const beDeaf = (): void => {
    if (isDeaf) return;
    isDeaf = true;
    options.listening.hold("flood");
    options.timers.after(SILENCE_MS, () => {
      isDeaf = false;
      refusals = 0;
      options.listening.release("flood");
    });
  };

  return {
    admitCall() {
      const atMs = options.monotonicMs();
      const denial = denialOf(meter.admitBridgeCall(atMs));
      if (denial === undefined) {
        options.count({
          bridgeCalls: 1,
          bridgeCallsPerSecondMax: meter.usedInSecond("bridgeCallsPerSecond", atMs),
        });
      }
      refusals = denial === undefined ? Math.max(0, refusals - 1) : refusals + 1;
      if (refusals > REFUSALS_MAX) beDeaf();
      return denial;
    },
    admitRequest() {
      const atMs = options.monotonicMs();
      const denial = denialOf(meter.admitRequest(atMs));
      if (denial !== undefined) return denial;
      inFlight += 1;
      options.count({
        inFlightMax: inFlight,
        requestsPerSecondMax: meter.usedInSecond("requestsPerSecond", atMs),
      });
      return undefined;
    },
    settleRequest() {
      options.onEvents(meter.settleRequest(options.monotonicMs()));
      inFlight -= 1;
    },
    admitStorage: (sizeBytes) => denialOf(meter.admitStorage(options.monotonicMs(), sizeBytes)),
    noteFlood(calls) {
      const atMs = options.monotonicMs();
      const before = meter.usedInSecond("bridgeCallsPerSecond", atMs);
      const events = meter.sample({ atMs, bridgeCalls: calls });
      const used = meter.usedInSecond("bridgeCallsPerSecond", atMs);
      const admitted = used - before;
      options.count({
        bridgeCalls: admitted,
        bridgeCallsPerSecondMax: admitted > 0 ? used : 0,
        limits: { bridgeCallsPerSecond: { refused: calls - admitted } },
      });
      options.onEvents(events);
    },
  };
}
