import type { Limits } from "../shapes/claims";
import { createLimitMeter, type LimitSample, type MeterEvent } from "./limit-meter";

/**
 * What a program's limits answer to a series of samples (spec §8, `limit`). Samples of one instant are reckoned together
 * before any action (spec 5.32), and an instant before the last one is the last one.
 */
export function meterSamples(limits: Limits, samples: readonly LimitSample[]): MeterEvent[] {
  const meter = createLimitMeter(limits);
  return joinInstants(samples).flatMap((sample) => meter.sample(sample));
}

const INCREMENTS = ["cpuMs", "requests", "bridgeCalls"] as const;
const VALUES = ["memoryBytes", "inFlight", "storageBytes", "cacheBytes"] as const;

/** One sample an instant: increments added, of values the greatest. */
function joinInstants(samples: readonly LimitSample[]): LimitSample[] {
  const joined: LimitSample[] = [];
  for (const sample of samples) {
    const last = joined.at(-1);
    if (last === undefined || sample.atMs > last.atMs) joined.push({ ...sample });
    else joinSample(last, sample);
  }
  return joined;
}

function joinSample(into: LimitSample, sample: LimitSample): void {
  for (const name of INCREMENTS) {
    if (sample[name] !== undefined) into[name] = (into[name] ?? 0) + sample[name];
  }
  for (const name of VALUES) {
    if (sample[name] !== undefined) into[name] = Math.max(into[name] ?? 0, sample[name]);
  }
}
