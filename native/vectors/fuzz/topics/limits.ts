import { mutateValue } from "../mutate";
import type { Random } from "../random";
import { type Members, plainTopic } from "../topic";
import { vectorInputs } from "./corpus";

const inputs = vectorInputs("limit");
const NAMES = {
  cpuMsPerMinute: "cpuMs",
  memoryBytes: "memoryBytes",
  requestsPerSecond: "requests",
  requestsPerMinute: "requests",
  requestsInFlight: "inFlight",
  bridgeCallsPerSecond: "bridgeCalls",
  storageBytes: "storageBytes",
  cacheBytes: "cacheBytes",
} as const;
/** So that samples fall on, just before and just after the ends of windows. */
const STEPS = [0, 1, 250, 499, 500, 501, 999, 1_000, 1_001, 2_000, 30_000, 59_999, 60_000, 60_001, 120_000];

/** A few limits of small maxima and samples about the ends of their windows; sometimes a vector's with an edit. */
export const limits = plainTopic("limits", "limit", (random) => {
  if (random.oneIn(8)) return mutateValue(random.pick(inputs), random) as Members;
  const names = random.list(1, 3, () => random.pick(Object.keys(NAMES) as (keyof typeof NAMES)[]));
  const steps = random.oneIn(2) ? STEPS : STEPS.filter((step) => step <= 2_000);
  let atMs = random.pick([0, 5, 60_000]);
  const samples = random.list(1, 9, () => {
    atMs += random.pick(steps);
    const filled = random.some([...new Set(names.map((name) => NAMES[name]))]);
    return { atMs, ...Object.fromEntries(filled.map((name) => [name, random.integer(0, 9)])) };
  });
  return { limits: Object.fromEntries(names.map((name) => [name, drawLimit(random)])), samples };
});

function drawLimit(random: Random): Members {
  const max = random.integer(0, 8);
  const warn = random.oneIn(3) ? { warn: random.integer(0, 9) } : {};
  return { ...warn, max, action: random.pick(["warn", "throttle", "throttle", "suspend", "kill"]) };
}
