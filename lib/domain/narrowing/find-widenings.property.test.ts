import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOST_PURPOSES, LIMIT_ACTIONS, LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import { type CompiledPolicy, compilePolicy } from "@/native/core/decide/compile-policy";
import { decideApi } from "@/native/core/decide/decide-api";
import { decideHost } from "@/native/core/decide/decide-host";
import type { Pins } from "@/native/core/shapes/claims";
import { formatMember, parseMember } from "../member-keys";
import { parseEntry } from "../member-values";
import type { Entry } from "../members";
import { PLATFORM_DEFAULTS } from "../platform-defaults";
import { applyEdits, type Edit, type PolicyState, policyState } from "../policy-state";
import { projectPlatform, projectProgram } from "../project-program";
import {
  APP,
  anyGrantStep,
  anyStep,
  CAPABILITIES,
  hasValidHosts,
  PORTS,
  VERSIONS,
} from "../testing/policy-arbitraries";
import { findWidenings, isNarrowing } from "./find-widenings";
import { findHostWidening } from "./host-widening";

/** How many pairs each property draws: a few where all tests run, as many as asked for by `npm run test:pairs`. */
const ASKED = Number(process.env.BULKHEAD_PAIRS ?? "0");
const runs = (usual: number) => ASKED || usual;
const fewerRuns = (usual: number) => Math.ceil(ASKED / 10) || usual;

/** A property holds emptily where next to nothing is proven, so that share is held to `least`, and told where asked for. */
function expectProven(title: string, { proven, of, least }: { proven: number; of: number; least: number }): void {
  if (ASKED > 0) console.info(`pairs: ${title}: ${proven} of ${of}`);
  expect(proven / of, title).toBeGreaterThan(least);
}

const EXPIRES = 250;
const NAMES = [
  "a.x.example",
  "b.x.example",
  "z.x.example",
  "c.a.x.example",
  "z.a.x.example",
  "x.example",
  "y.z.x.example",
];
/** At, before and after each `until` of the arbitraries, past the documents' end, and past each grace. */
const GRACE = PLATFORM_DEFAULTS.graceSeconds;
const GRACE_ENDS = [GRACE - 1, GRACE, GRACE + 1].map((grace) => EXPIRES + grace);
const TIMES = [0, 99, 100, 199, 200, 249, 260, 320, 800, ...GRACE_ENDS];

/** The documents that the policy service would sign for this state. */
function compile(state: PolicyState): CompiledPolicy {
  const envelope = { schema: 1 as const, platform: "p", epoch: 1, revision: 1, iat: 1, exp: EXPIRES };
  return compilePolicy(
    { ...envelope, ...projectProgram(state, APP) },
    { ...envelope, ...projectPlatform(state), minRevisions: {}, auditHead: { sequence: 0, sha256: "0".repeat(64) } },
  );
}

/** Pins after must refuse whatever pins before refused. */
function isPinned(before: Pins | null, after: Pins | null, now: number): boolean {
  const enforced = (pins: Pins | null) => (pins !== null && pins.mode === "enforce" && now < pins.until ? pins : null);
  const old = enforced(before);
  if (old === null) return true;
  return enforced(after)?.sha256.every((pin) => old.sha256.includes(pin)) ?? false;
}

/** A question that is allowed after, and by none of the others. */
function findFlippedHost(others: CompiledPolicy[], after: CompiledPolicy): string | null {
  for (const versionCode of [0, ...VERSIONS, 9]) {
    for (const name of NAMES) {
      for (const port of PORTS) {
        for (const purpose of HOST_PURPOSES) {
          for (const now of TIMES) {
            const url = `${purpose === "socket" ? "wss" : "https"}://${name}:${port}/`;
            const question = { versionCode, url, purpose, now };
            const then = decideHost(after, question);
            if (then.decision === "deny") continue;
            const isWithin = others.some((other) => {
              const old = decideHost(other, question);
              return old.decision !== "deny" && isPinned(old.pins, then.pins, now);
            });
            if (!isWithin) return JSON.stringify(question);
          }
        }
      }
    }
  }
  return null;
}

function findFlippedCall(others: CompiledPolicy[], after: CompiledPolicy): string | null {
  const contexts = [
    undefined,
    { foreground: true, gesture: false, used: { perMinute: 0, perDay: 0 } },
    { foreground: true, gesture: true, used: { perMinute: 1, perDay: 1 } },
  ];
  const runtimes = ["0.9.0", "1.2.0", "1.10.0"].map((version) => ({ kind: "linux" as const, version }));
  for (const api of CAPABILITIES) {
    for (const versionCode of [...VERSIONS, 9]) {
      for (const now of TIMES) {
        for (const runtime of runtimes) {
          for (const consent of [undefined, "given", "refused"] as const) {
            for (const context of contexts) {
              for (const body of ["", "x".repeat(15)]) {
                const params = api.startsWith("network.") ? { url: "https://a.x.example/", body } : {};
                const question = { versionCode, api, params, runtime, now, consent, context };
                const then = decideApi(after, question);
                if (then.decision === "deny") continue;
                const isWithin = others.some((other) => {
                  const old = decideApi(other, question);
                  if (old.decision === "deny") return false;
                  return old.fields === undefined || then.fields?.every((name) => old.fields?.includes(name));
                });
                if (!isWithin) return JSON.stringify(question);
              }
            }
          }
        }
      }
    }
  }
  return null;
}

describe("what is proven to narrow", () => {
  test("no host question of any version, port, purpose or time turns to allowed, and no pin falls away", () => {
    let proven = 0;
    fc.assert(
      fc.property(anyStep, ({ before, edits }) => {
        const after = applyEdits(before, edits);
        if (!isNarrowing(before, after)) return;
        proven += 1;
        expect(findFlippedHost([compile(before)], compile(after))).toBeNull();
      }),
      { numRuns: runs(700) },
    );
    expectProven("hosts", { proven, of: runs(700), least: 0.1 });
  });

  test("no call of any version, runtime, moment, consent or freshness turns to allowed, and no field is added", () => {
    let proven = 0;
    fc.assert(
      fc.property(fc.oneof(anyStep, { weight: 3, arbitrary: anyGrantStep }), ({ before, edits }) => {
        const after = applyEdits(before, edits);
        if (!isNarrowing(before, after)) return;
        proven += 1;
        expect(findFlippedCall([compile(before)], compile(after))).toBeNull();
      }),
      { numRuns: runs(600) },
    );
    expectProven("calls", { proven, of: runs(600), least: 0.05 });
  });

  test("no limit in force is higher or milder than before", () => {
    let proven = 0;
    fc.assert(
      fc.property(anyStep, ({ before, edits }) => {
        const after = applyEdits(before, edits);
        if (!isNarrowing(before, after)) return;
        proven += 1;
        const old = compile(before).limits;
        const now = compile(after).limits;
        for (const name of Object.keys(old) as LimitName[]) {
          const was = old[name];
          expect(now[name].limit.max).toBeLessThanOrEqual(was.limit.max);
          const severity = (limit: typeof was) => LIMIT_ACTIONS.indexOf(limit.limit.action);
          expect(severity(now[name])).toBeGreaterThanOrEqual(severity(was));
        }
      }),
      { numRuns: runs(700) },
    );
    expectProven("limits", { proven, of: runs(700), least: 0.1 });
  });

  test("two narrowing steps are one narrowing step", () => {
    let proven = 0;
    fc.assert(
      fc.property(anyStep, anyStep, ({ before, edits }, next) => {
        const middle = applyEdits(before, edits);
        const after = applyEdits(middle, next.edits);
        if (!isNarrowing(before, middle) || !isNarrowing(middle, after)) return;
        proven += 1;
        expect(isNarrowing(before, after)).toBe(true);
      }),
      { numRuns: runs(700) },
    );
    expectProven("two steps", { proven, of: runs(700), least: 0.01 });
  });

  test("a host step that turns nothing to allowed is proven: the proof is exact, not only safe", () => {
    fc.assert(
      fc.property(anyStep, ({ before, edits }) => {
        const after = applyEdits(before, edits);
        const rules = (state: PolicyState) =>
          projectProgram(state, APP).hosts.flatMap((rule) => {
            return "inert" in rule ? [] : [rule];
          });
        const open = (state: PolicyState): CompiledPolicy => compile(withoutBlocks(state));
        const isFlipped = findFlippedHost([open(before)], open(after)) !== null;
        expect(findHostWidening([rules(before)], rules(after)) !== null).toBe(isFlipped);
      }),
      { numRuns: fewerRuns(400) },
    );
  });
});

describe("what an approval allows", () => {
  // Each publish of others is as the console lets it be: proven to narrow, or approved by itself.
  const anyStory = fc.tuple(anyStep, anyStep, anyStep, anyStep).filter(([{ before }]) => hasValidHosts(before));

  test("is what its approver saw in force, or what is in force anyway, after any three publishes of others", () => {
    let proven = 0;
    fc.assert(
      fc.property(anyStory, ([{ before, edits }, ...others]) => {
        const approved = applyEdits(before, edits);
        const touched = new Set(edits.map(({ member }) => formatMember(member)));
        // A touched member voids the approval, so others change something else.
        const publishes = others.map((other) => other.edits.filter(({ member }) => !touched.has(formatMember(member))));
        const present = publishes.reduce(applyEdits, before);
        const after = applyEdits(present, edits);
        fc.pre(hasValidHosts(approved) && hasValidHosts(present) && hasValidHosts(after));
        if (findWidenings(present, after, approved).length > 0) return;
        proven += 1;
        // Each part as if the others stood open: a host behind a block was approved with the block's end in mind.
        const allowed = [present, approved].map((state) => compile(withoutBlocks(state)));
        expect(findFlippedHost(allowed, compile(withoutBlocks(after)))).toBeNull();
        for (const name of LIMIT_NAMES) {
          const isWithin = allowed.some(
            ({ limits }) => limits[name].limit.max >= compile(after).limits[name].limit.max,
          );
          expect(isWithin, name).toBe(true);
        }
      }),
      { numRuns: fewerRuns(500) },
    );
    expectProven("approvals", { proven, of: fewerRuns(500), least: 0.4 });
  });

  test("is no wildcard's share of a host that an exact rule kept for itself when it was approved", () => {
    const exact = edit("program:com.example.coins/host:hr_1", pinned("a.x.example"));
    const wildcard = edit("program:com.example.coins/host:hr_2", rule("*.x.example"));
    const before = policyState([exact.entry as Entry]);
    const approved = applyEdits(before, [wildcard]);
    const present = applyEdits(before, [{ member: exact.member, entry: null }]);
    expect(findWidenings(before, approved, approved)).toEqual([]);
    expect(findWidenings(present, applyEdits(present, [wildcard]), approved)).toMatchObject([{ code: "HOST_WIDER" }]);
  });
});

const rule = (host: string) => ({ host, ports: [443], purposes: ["request"] });
const pinned = (host: string) => ({
  ...rule(host),
  pins: { sha256: ["1".repeat(64)], until: 200, mode: "enforce" },
});
function edit(key: string, value: unknown): Edit {
  const member = parseMember(key);
  const parsed = member === null ? null : parseEntry(member, value);
  if (member === null || parsed === null || !parsed.ok) throw new Error(key);
  return { member, entry: parsed.entry };
}

function withoutBlocks(state: PolicyState): PolicyState {
  return new Map([...state].filter(([, { kind }]) => kind !== "blocked-host" && kind !== "status"));
}
