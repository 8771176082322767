import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMIT_ACTIONS, LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import type { CompiledPolicy } from "@/native/core/decide/compile-policy";
import { formatMember, parseMember } from "../member-keys";
import { parseEntry } from "../member-values";
import type { Entry } from "../members";
import { applyEdits, type Edit, type PolicyState, policyState } from "../policy-state";
import { projectProgram } from "../project-program";
import { compile, findFlippedCall, findFlippedHost, withoutBlocks } from "../testing/find-flipped";
import { APP, anyGrantStep, anyStep, hasValidHosts } from "../testing/policy-arbitraries";
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
