import type { VectorCase, VectorTopic } from "../vector-topic";

type Action = [atMs: number, limit: string, action: string];
type Row = [
  id: string,
  title: string,
  flags: string[],
  limits: Record<string, { warn?: number; max: number; action: string }>,
  samples: { atMs: number; [name: string]: number }[],
  actions: Action[],
];

const cpu = (action: string, max = 1000) => ({ cpuMsPerMinute: { max, action } });
const memory = (action: string, max = 1000) => ({ memoryBytes: { max, action } });
const perSecond = (action: string, max = 4) => ({ requestsPerSecond: { max, action } });

const rows: Row[] = [
  ["001", "nothing is limited but what is given", ["given"], {}, [{ atMs: 0, cpuMs: 1e9, requests: 1e6, memoryBytes: 1e12 }], []],
  ["002", "at the threshold, no warning", ["threshold"], memory("kill"), [{ atMs: 0, memoryBytes: 750 }], []],
  ["003", "above the threshold, a warning", ["threshold"], memory("kill"), [{ atMs: 0, memoryBytes: 751 }], [[0, "memoryBytes", "warn"]]],
  ["004", "the threshold is rounded down", ["threshold"], memory("kill", 7), [{ atMs: 0, memoryBytes: 5 }, { atMs: 1, memoryBytes: 6 }], [[1, "memoryBytes", "warn"]]],
  ["005", "at the maximum it is not over", ["over"], memory("kill"), [{ atMs: 0, memoryBytes: 700 }, { atMs: 5, memoryBytes: 1000 }], [[5, "memoryBytes", "warn"]]],
  ["006", "a jump over both: the warning first", ["threshold", "over"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"]]],
  ["007", "a threshold of its own", ["threshold"], { memoryBytes: { warn: 10, max: 1000, action: "suspend" } }, [{ atMs: 0, memoryBytes: 10 }, { atMs: 1, memoryBytes: 11 }], [[1, "memoryBytes", "warn"]]],
  ["008", "the threshold's warning and the action to warn are two", ["threshold", "over"], memory("warn"), [{ atMs: 0, memoryBytes: 1001 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "warn"]]],
  ["009", "no second warning while it stays above", ["threshold"], memory("kill"), [{ atMs: 0, memoryBytes: 800 }, { atMs: 1, memoryBytes: 900 }], [[0, "memoryBytes", "warn"]]],
  ["010", "a warning again after a sample at the threshold, without a release", ["threshold"], memory("kill"), [{ atMs: 0, memoryBytes: 800 }, { atMs: 1, memoryBytes: 750 }, { atMs: 2, memoryBytes: 751 }], [[0, "memoryBytes", "warn"], [2, "memoryBytes", "warn"]]],
  ["011", "one action while it stays over", ["over"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }, { atMs: 1, memoryBytes: 2000 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"]]],
  ["012", "a value is released at the first sample at the maximum", ["release"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }, { atMs: 1, memoryBytes: 1000 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"], [1, "memoryBytes", "release"]]],
  ["013", "crossed again after the release: another action, no other warning", ["release", "threshold"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }, { atMs: 1, memoryBytes: 900 }, { atMs: 2, memoryBytes: 1001 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"], [1, "memoryBytes", "release"], [2, "memoryBytes", "throttle"]]],
  ["014", "nothing follows a kill", ["kill"], { ...memory("kill"), ...perSecond("throttle", 1) }, [{ atMs: 0, memoryBytes: 1001, requests: 9 }, { atMs: 1, memoryBytes: 1 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "kill"]]],
  ["015", "a sample without the value says nothing of it", ["release"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }, { atMs: 1, cpuMs: 1 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"]]],
  ["016", "one instant: the order of the list, whatever the order of the samples", ["order"], { ...memory("throttle"), ...cpu("throttle") }, [{ atMs: 3, memoryBytes: 1001 }, { atMs: 3, cpuMs: 1001 }], [[3, "cpuMsPerMinute", "warn"], [3, "cpuMsPerMinute", "throttle"], [3, "memoryBytes", "warn"], [3, "memoryBytes", "throttle"]]],

  ["101", "time adds up within a minute", ["window"], cpu("throttle"), [{ atMs: 0, cpuMs: 500 }, { atMs: 59_999, cpuMs: 501 }], [[59_999, "cpuMsPerMinute", "warn"], [59_999, "cpuMsPerMinute", "throttle"]]],
  ["102", "what is a minute old has left", ["window"], cpu("throttle"), [{ atMs: 0, cpuMs: 500 }, { atMs: 60_000, cpuMs: 501 }], []],
  ["103", "at the maximum it is not over", ["window", "over"], cpu("kill"), [{ atMs: 0, cpuMs: 1000 }], [[0, "cpuMsPerMinute", "warn"]]],
  ["104", "released once the sum was low for a whole minute", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1001 }, { atMs: 60_000, cpuMs: 0 }, { atMs: 119_999, cpuMs: 0 }, { atMs: 120_000, cpuMs: 0 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"], [120_000, "cpuMsPerMinute", "release"]]],
  ["105", "between samples the sum falls too: no sample has to see it low", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1001 }, { atMs: 200_000, cpuMs: 0 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"], [200_000, "cpuMsPerMinute", "release"]]],
  ["106", "over again before a whole minute: no second action and no release", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1001 }, { atMs: 90_000, cpuMs: 1001 }, { atMs: 140_000, cpuMs: 0 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"]]],
  ["107", "over again after a quiet minute that no sample saw: released and crossed", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1001 }, { atMs: 300_000, cpuMs: 1001 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"], [300_000, "cpuMsPerMinute", "release"], [300_000, "cpuMsPerMinute", "throttle"]]],
  ["108", "the sum came down when the part that was too much left, not the last part", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 2 }, { atMs: 30_000, cpuMs: 999 }, { atMs: 119_999, cpuMs: 0 }, { atMs: 120_000, cpuMs: 0 }], [[30_000, "cpuMsPerMinute", "warn"], [30_000, "cpuMsPerMinute", "throttle"], [120_000, "cpuMsPerMinute", "release"]]],
  ["109", "suspended by its time", ["window"], cpu("suspend"), [{ atMs: 10, cpuMs: 1001 }], [[10, "cpuMsPerMinute", "warn"], [10, "cpuMsPerMinute", "suspend"]]],
  ["110", "over again exactly one window after it came down: nothing happens", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1001 }, { atMs: 120_000, cpuMs: 1001 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"]]],
  ["111", "over again a millisecond later: released and crossed", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1001 }, { atMs: 120_001, cpuMs: 1001 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"], [120_001, "cpuMsPerMinute", "release"], [120_001, "cpuMsPerMinute", "throttle"]]],
  ["112", "come down to the maximum is come down", ["window", "release"], cpu("throttle"), [{ atMs: 0, cpuMs: 1 }, { atMs: 30_000, cpuMs: 1000 }, { atMs: 119_999, cpuMs: 0 }, { atMs: 120_000, cpuMs: 0 }], [[30_000, "cpuMsPerMinute", "warn"], [30_000, "cpuMsPerMinute", "throttle"], [120_000, "cpuMsPerMinute", "release"]]],

  ["201", "requests up to the maximum are admitted", ["admission"], perSecond("throttle"), [{ atMs: 0, requests: 4 }], [[0, "requestsPerSecond", "warn"]]],
  ["202", "what would exceed is refused; throttling adds nothing", ["admission"], perSecond("throttle"), [{ atMs: 0, requests: 5 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"]]],
  ["203", "warning adds nothing either", ["admission"], perSecond("warn"), [{ atMs: 0, requests: 5 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"]]],
  ["204", "suspending follows the refusal", ["admission"], perSecond("suspend"), [{ atMs: 0, requests: 5 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [0, "requestsPerSecond", "suspend"]]],
  ["205", "killing follows the refusal, and nothing follows it", ["admission", "kill"], perSecond("kill"), [{ atMs: 0, requests: 5 }, { atMs: 5000, requests: 1 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [0, "requestsPerSecond", "kill"]]],
  ["206", "what is refused is not counted: a second later there is room", ["admission", "not-counted"], perSecond("throttle"), [{ atMs: 0, requests: 4 }, { atMs: 500, requests: 100 }, { atMs: 1000, requests: 4 }], [[0, "requestsPerSecond", "warn"], [500, "requestsPerSecond", "refuse"]]],
  ["207", "released once nothing was refused for a whole second", ["admission", "release"], perSecond("throttle"), [{ atMs: 0, requests: 5 }, { atMs: 999 }, { atMs: 1000 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [1000, "requestsPerSecond", "release"]]],
  ["208", "the first limit without room refuses, the others count what fits", ["admission", "order"], { ...perSecond("throttle", 5), requestsPerMinute: { max: 3, action: "throttle" } }, [{ atMs: 0, requests: 10 }], [[0, "requestsPerMinute", "warn"], [0, "requestsPerMinute", "refuse"]]],
  ["209", "both without room: the first in the list", ["admission", "order"], { ...perSecond("throttle", 3), requestsPerMinute: { max: 3, action: "throttle" } }, [{ atMs: 0, requests: 10 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [0, "requestsPerMinute", "warn"]]],
  ["210", "what one limit refused counts in no other", ["admission", "not-counted"], { ...perSecond("throttle", 2), requestsPerMinute: { max: 6, warn: 6, action: "throttle" } }, [{ atMs: 0, requests: 50 }, { atMs: 1000, requests: 50 }, { atMs: 2000, requests: 2 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [2000, "requestsPerSecond", "release"]]],
  ["211", "calls over the bridge", ["admission"], { bridgeCallsPerSecond: { max: 2, action: "throttle" } }, [{ atMs: 0, bridgeCalls: 2 }, { atMs: 999, bridgeCalls: 1 }, { atMs: 1000, bridgeCalls: 1 }], [[0, "bridgeCallsPerSecond", "warn"], [999, "bridgeCallsPerSecond", "refuse"]]],
  ["212", "none at all", ["admission"], perSecond("throttle", 0), [{ atMs: 0, requests: 0 }, { atMs: 1, requests: 1 }], [[1, "requestsPerSecond", "refuse"]]],
  ["213", "in flight at the maximum", ["admission", "value"], { requestsInFlight: { max: 4, action: "throttle" } }, [{ atMs: 0, inFlight: 3 }, { atMs: 1, inFlight: 4 }], [[1, "requestsInFlight", "warn"]]],
  ["214", "one more in flight is refused, and released when it is less", ["admission", "value", "release"], { requestsInFlight: { max: 4, action: "throttle" } }, [{ atMs: 0, inFlight: 4 }, { atMs: 1, inFlight: 5 }, { atMs: 2, inFlight: 4 }], [[0, "requestsInFlight", "warn"], [1, "requestsInFlight", "refuse"], [2, "requestsInFlight", "release"]]],
  ["215", "storage beyond its quota", ["admission", "value"], { storageBytes: { max: 100, action: "warn" } }, [{ atMs: 0, storageBytes: 76 }, { atMs: 1, storageBytes: 101 }, { atMs: 2, storageBytes: 75 }], [[0, "storageBytes", "warn"], [1, "storageBytes", "refuse"], [2, "storageBytes", "release"]]],
  ["216", "a cache evicts and does nothing else", ["evict"], { cacheBytes: { max: 100, action: "throttle" } }, [{ atMs: 0, cacheBytes: 90 }, { atMs: 1, cacheBytes: 101 }, { atMs: 2, cacheBytes: 100 }], [[0, "cacheBytes", "warn"], [1, "cacheBytes", "evict"], [2, "cacheBytes", "release"]]],
  ["217", "limits do not stand for one another", ["given"], { requestsPerMinute: { max: 3, action: "throttle" } }, [{ atMs: 0, requests: 2, bridgeCalls: 500, inFlight: 50 }], []],
  ["218", "refused again exactly one window after the refusal: nothing happens", ["admission", "release"], perSecond("suspend"), [{ atMs: 0, requests: 5 }, { atMs: 1000, requests: 5 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [0, "requestsPerSecond", "suspend"]]],
  ["219", "refused again a millisecond later: released and refused", ["admission", "release"], perSecond("throttle"), [{ atMs: 0, requests: 5 }, { atMs: 1001, requests: 5 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [1001, "requestsPerSecond", "release"], [1001, "requestsPerSecond", "refuse"]]],
  ["220", "room for one more is room: the next limit in the list refuses", ["admission", "order"], { ...perSecond("throttle", 4), requestsPerMinute: { max: 3, action: "throttle" } }, [{ atMs: 0, requests: 10 }], [[0, "requestsPerMinute", "warn"], [0, "requestsPerMinute", "refuse"]]],

  ["301", "samples of one instant are reckoned together: increments add", ["instant"], cpu("throttle"), [{ atMs: 0, cpuMs: 500 }, { atMs: 0, cpuMs: 501 }], [[0, "cpuMsPerMinute", "warn"], [0, "cpuMsPerMinute", "throttle"]]],
  ["302", "of values the greatest counts, in any order", ["instant", "value"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }, { atMs: 0, memoryBytes: 5 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"]]],
  ["303", "which of two samples kills makes no difference: the limits' order does", ["instant", "kill", "order"], { cpuMsPerMinute: { max: 10, action: "kill" }, memoryBytes: { max: 10, action: "kill" } }, [{ atMs: 7, memoryBytes: 11 }, { atMs: 7, cpuMs: 11 }], [[7, "cpuMsPerMinute", "warn"], [7, "cpuMsPerMinute", "kill"]]],
  ["304", "the same two samples in the other order", ["instant", "kill", "order"], { cpuMsPerMinute: { max: 10, action: "kill" }, memoryBytes: { max: 10, action: "kill" } }, [{ atMs: 7, cpuMs: 11 }, { atMs: 7, memoryBytes: 11 }], [[7, "cpuMsPerMinute", "warn"], [7, "cpuMsPerMinute", "kill"]]],
  ["305", "a value down and up again within one instant is released by none", ["instant", "value", "release"], memory("throttle"), [{ atMs: 0, memoryBytes: 1001 }, { atMs: 5, memoryBytes: 1 }, { atMs: 5, memoryBytes: 1002 }], [[0, "memoryBytes", "warn"], [0, "memoryBytes", "throttle"]]],
  ["306", "an increment of one instant is admitted as one", ["instant", "admission"], perSecond("throttle"), [{ atMs: 0, requests: 3 }, { atMs: 0, requests: 3 }, { atMs: 1000, requests: 4 }], [[0, "requestsPerSecond", "warn"], [0, "requestsPerSecond", "refuse"], [1000, "requestsPerSecond", "release"]]],
  ["307", "an earlier instant is taken for the last one", ["instant"], cpu("throttle"), [{ atMs: 100, cpuMs: 500 }, { atMs: 50, cpuMs: 501 }, { atMs: 100, memoryBytes: 1 }], [[100, "cpuMsPerMinute", "warn"], [100, "cpuMsPerMinute", "throttle"]]],
  ["308", "what several samples leave out stays unsaid", ["instant", "given"], { ...memory("throttle"), ...cpu("throttle") }, [{ atMs: 0, cpuMs: 1 }, { atMs: 0 }], []],
  ["309", "what comes late is of the last instant, and reckoned with it", ["instant", "value", "release"], memory("throttle"), [{ atMs: 100, memoryBytes: 1001 }, { atMs: 50, memoryBytes: 1 }], [[100, "memoryBytes", "warn"], [100, "memoryBytes", "throttle"]]],
];

const toCase = ([id, title, flags, limits, samples, actions]: Row): VectorCase => ({
  id: `limit-${id}`,
  title,
  flags,
  input: { limits, samples },
  expect: { actions: actions.map(([atMs, limit, action]) => ({ atMs, limit, action })) },
});

export const topic: VectorTopic = {
  name: "50-limit",
  specClause: "§5 Limits",
  op: "limit",
  state: {},
  notes: {
    admission: "An admission limit refuses beforehand; it never lets through and then complains.",
    evict: "A cache that is too large loses what was used least recently.",
    given: "Only given limits act.",
    instant: "In which order two samples of one instant were taken is chance, and must not decide.",
    kill: "What is gone does nothing any more.",
    "not-counted": "Counting what was refused would lock a program out for asking.",
    order: "Two runtimes list the actions of one instant in one way.",
    over: "Over means greater than the maximum.",
    release: "One release for one crossing; windows need a whole quiet window, so that actions do not flicker.",
    threshold: "The warning comes above its threshold, before the action, and again only after a sample at or below it.",
    value: "A value says what is, an increment what happened.",
    window: "A window is (t − W, t], exact at every instant.",
  },
  cases: rows.map(toCase),
};
