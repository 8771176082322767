import type { ChangeDirection } from "../lifecycles";
import { appIdOf } from "../members";
import { applyEdits, type Edit, type PolicyState } from "../policy-state";
import type { Widening, WideningCode } from "../widening";
import { findWidenings } from "./find-widenings";

export type StepRules = {
  /** Until set-up is done the admin gives roles and sign-ins alone (spec §6). */
  isSetUpComplete: boolean;
};

const GIVEN_IN_SET_UP: readonly WideningCode[] = [
  "PERSON_MAY_MORE",
  "PERSON_RENAMED",
  "APPROVERS_FEWER",
  "SIGN_IN_GIVEN",
  "SIGN_IN_UNLOCKED",
];

/**
 * What the edits, taken as one step, are not proven to leave closed. Empty if one person may publish them at once; with
 * `approved`, the state that somebody approved, empty if they go beyond neither.
 */
export function wideningsOf(
  before: PolicyState,
  edits: readonly Edit[],
  rules: StepRules,
  approved?: PolicyState,
): Widening[] {
  const reached = withinReach(before, edits);
  return findWidenings(reached, applyEdits(reached, edits), approved).filter(
    ({ code }) => rules.isSetUpComplete || !GIVEN_IN_SET_UP.includes(code),
  );
}

/** Whether something that was allowed is allowed no longer: then older documents must not be kept in use (spec §4). */
export function takesAway(before: PolicyState, edits: readonly Edit[]): boolean {
  const reached = withinReach(before, edits);
  return findWidenings(applyEdits(reached, edits), reached).length > 0;
}

/** Leaves out programs that no edit names: for them nothing differs but the platform's part, which is judged anyway. */
function withinReach(state: PolicyState, edits: readonly Edit[]): PolicyState {
  const named = new Set(edits.map(({ member }) => appIdOf(member)));
  return new Map([...state].filter(([, { member }]) => appIdOf(member) === null || named.has(appIdOf(member))));
}

/** What one edit does by itself. */
export function directionOf(before: PolicyState, edit: Edit, rules: StepRules): ChangeDirection {
  if (wideningsOf(before, [edit], rules).length > 0) return "widens";
  return takesAway(before, [edit]) ? "narrows" : "neutral";
}

/**
 * Divides edits into a largest part that is proven to narrow as one step, and the rest. Edits that only narrow together
 * (a wildcard and the exact rule that sets it aside) are found two by two.
 */
export function splitEdits(
  before: PolicyState,
  edits: readonly Edit[],
  rules: StepRules,
): { narrowing: Edit[]; rest: Edit[] } {
  const narrowing: Edit[] = [];
  let rest = [...edits];
  const holds = (more: Edit[]) => wideningsOf(before, [...narrowing, ...more], rules).length === 0;
  for (let grew = true; grew; ) {
    const group = rest.map((edit) => [edit]).find(holds) ?? pairsOf(rest).find(holds);
    grew = group !== undefined;
    if (group === undefined) break;
    narrowing.push(...group);
    rest = rest.filter((edit) => !group.includes(edit));
  }
  return { narrowing, rest };
}

/** Only host rules of one program depend on each other; more of them than this are not tried two by two. */
const PAIRED_MAX = 24;

function pairsOf(edits: readonly Edit[]): Edit[][] {
  const hosts = edits.filter(({ member }) => member.kind === "host").slice(0, PAIRED_MAX);
  return hosts.flatMap((first, index) =>
    hosts
      .slice(index + 1)
      .filter((second) => appIdOf(first.member) === appIdOf(second.member))
      .map((second) => [first, second]),
  );
}
