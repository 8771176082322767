import fc from "fast-check";
import { expect, test } from "vitest";
import { applyEdits, type Edit, memberValue, type PolicyState, readPlatform } from "@/lib/domain/policy-state";
import { isSameValue } from "@/lib/domain/same-value";
import { compile, findFlippedCall, findFlippedHost, withoutBlocks } from "@/lib/domain/testing/find-flipped";
import { anyStory, hasValidHosts } from "@/lib/domain/testing/policy-arbitraries";
import { LIMIT_NAMES } from "@/native/core/codes";
import { effectOf, whyBeyond } from "./kept-effect";

/** How many stories are drawn: a few where all tests run, a hundredth of the pairs that `npm run test:pairs` draws. */
const ASKED = Number(process.env.BULKHEAD_PAIRS ?? "0");
const STORIES = Math.ceil(ASKED / 100) || 40;
const RULES = { isSetUpComplete: true };

/** What others published before it: nothing, or one, two or all three of them, in every order. */
const INTERLEAVINGS: readonly (readonly number[])[] = [
  [],
  ...[0, 1, 2].map((first) => [first]),
  ...[0, 1, 2].flatMap((first) => [0, 1, 2].filter((other) => other !== first).map((second) => [first, second])),
  ...[0, 1, 2].flatMap((first) =>
    [0, 1, 2].filter((other) => other !== first).map((second) => [first, second, 3 - first - second]),
  ),
];

/** What the console would have published; a step that devices would not take is refused. */
function publishAll(before: PolicyState, steps: readonly (readonly Edit[])[]): PolicyState {
  return steps.reduce((state, step) => {
    const next = applyEdits(state, step);
    return hasValidHosts(next) ? next : state;
  }, before);
}

test("an approval replayed after every interleaving of three other publishes allows no more than its approver saw", () => {
  expect(INTERLEAVINGS).toHaveLength(16);
  const counts = { published: 0, stale: 0, beyond: 0, refused: 0 };
  fc.assert(
    fc.property(anyStory, ({ before, edits, others }) => {
      const approved = applyEdits(before, edits);
      // As the store gives it back.
      const kept: unknown = JSON.parse(JSON.stringify(effectOf(approved)));
      for (const order of INTERLEAVINGS) {
        const present = publishAll(
          before,
          order.map((place) => others[place] ?? []),
        );
        const after = applyEdits(present, edits);
        if (edits.some(({ member }) => !isSameValue(memberValue(before, member), memberValue(present, member)))) {
          counts.stale += 1;
          continue;
        }
        if (whyBeyond(present, edits, kept, RULES) !== null) {
          counts.beyond += 1;
          continue;
        }
        if (!hasValidHosts(after)) {
          counts.refused += 1;
          continue;
        }
        counts.published += 1;
        const allowed = [present, approved];
        const [open, now] = [allowed.map((state) => compile(withoutBlocks(state))), compile(withoutBlocks(after))];
        expect(findFlippedHost(open, now)).toBeNull();
        if (order.length === 3) expect(findFlippedCall(open, now)).toBeNull();
        for (const name of LIMIT_NAMES) {
          const most = Math.max(...open.map(({ limits }) => limits[name].limit.max));
          expect(now.limits[name].limit.max, name).toBeLessThanOrEqual(most);
        }
        const blocks = (state: PolicyState) => readPlatform(state).blockedHosts;
        for (const host of blocks(present)) {
          const isBlocked = blocks(after).some((block) => host === block || host.endsWith(`.${block}`));
          expect(isBlocked || !blocks(approved).includes(host), host).toBe(true);
        }
      }
    }),
    { numRuns: STORIES },
  );
  const all = STORIES * INTERLEAVINGS.length;
  if (ASKED > 0) console.info(`pairs: interleavings: ${counts.published} of ${all}`);
  // Or it would hold because nothing is published, or because nothing goes beyond.
  expect(counts.published / all).toBeGreaterThan(0.3);
  expect(counts.beyond / all).toBeGreaterThan(0.02);
});
