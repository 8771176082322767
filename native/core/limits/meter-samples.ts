import { LIMIT_NAMES } from "../codes";
import type { Limits } from "../shapes/claims";
import { createLimitMeter, type LimitSample, type MeterEvent } from "./limit-meter";

/**
 * What a program's limits answer to a series of samples (spec §8, `limit`). Actions of one `atMs` stand in the list's
 * order, and nothing follows `kill` (spec §5, Limits).
 */
export function meterSamples(limits: Limits, samples: readonly LimitSample[]): MeterEvent[] {
  const meter = createLimitMeter(limits);
  const events = samples
    .flatMap((sample) => meter.sample(sample))
    .sort((a, b) => a.atMs - b.atMs || LIMIT_NAMES.indexOf(a.limit) - LIMIT_NAMES.indexOf(b.limit));
  const kill = events.findIndex(({ action }) => action === "kill");
  return kill === -1 ? events : events.slice(0, kill + 1);
}
