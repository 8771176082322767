import { mutateValue } from "../mutate";
import type { Random } from "../random";
import type { Members } from "../topic";
import { drawHost } from "./urls";

const PURPOSES = ["request", "upload", "download", "socket"];
const PINS = { sha256: ["ab".repeat(32)], until: 1_700_000_060, mode: "enforce" };
export const TIMES = [1_699_999_999, 1_700_000_000, 1_700_000_001];

/** A host rule; now and then one that is not wholly understood, or with an edit. */
export function drawRule(random: Random): Members {
  const host = drawHost(random);
  const rule: Members = {
    host: random.oneIn(3) ? `*.${host.split(".").slice(1).join(".")}` : host,
    ports: random.list(0, 2, () => random.pick([443, 443, 8443, 9443, 1, 65_535, 0, 65_536])),
    purposes: random.list(0, 2, () =>
      random.pick([...PURPOSES, "request", "request", random.oneIn(6) ? "teleport" : "upload"]),
    ),
  };
  if (random.oneIn(4)) rule.until = random.pick(TIMES);
  if (random.oneIn(4)) rule.fromVersion = random.integer(10, 14);
  if (random.oneIn(8)) rule.pins = random.oneIn(3) ? mutateValue(PINS, random) : PINS;
  if (random.oneIn(16)) rule[random.pick(["schedule", "__proto__", "constructor"])] = 1;
  return random.oneIn(24) ? (mutateValue(rule, random) as Members) : rule;
}

export function drawBlocked(random: Random): string[] {
  return random.list(0, 3, () => (random.oneIn(3) ? "test" : drawHost(random)));
}

/** Claims of a platform document that decisions read, some of them left out. */
export function drawPlatform(random: Random): Members {
  const all: Members = {
    epoch: random.pick([3, 3, 3, 3, 2, 4]),
    revision: 40,
    exp: random.pick([1_700_082_800, ...TIMES, 1_699_740_800, 1_699_740_801]),
    blockedHosts: drawBlocked(random),
    suspended: random.some(["com.example.other", "com.example.notes"]).slice(0, random.integer(0, 2)),
    minRevisions: random.oneIn(3) ? { "com.example.notes": random.integer(20, 22) } : {},
    minRuntime: random.oneIn(3)
      ? { [random.pick(["linux", "android"])]: random.pick(["1.4.0", "1.3.9", "1.10.0", "x"]) }
      : {},
    graceSeconds: random.pick([0, 1, 259_200]),
  };
  return withSomeLeftOut(all, random);
}

/** The members, in one of three draws without some of them. */
export function withSomeLeftOut(members: Members, random: Random): Members {
  if (!random.oneIn(3)) return members;
  return Object.fromEntries(Object.entries(members).filter(() => !random.oneIn(6)));
}
