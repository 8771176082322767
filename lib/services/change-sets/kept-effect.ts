import { kindOf } from "@/lib/domain/kinds";
import { formatMember, parseMember } from "@/lib/domain/member-keys";
import { parseEntry } from "@/lib/domain/member-values";
import type { Entry } from "@/lib/domain/members";
import { type StepRules, wideningsOf } from "@/lib/domain/narrowing/judge-edits";
import { applyEdits, type Edit, type PolicyState, policyState } from "@/lib/domain/policy-state";

/**
 * What is in force in a state beside the edits themselves, as it is kept with a change set: the members that are judged
 * with others. Those that are judged alone stand in the set's changes.
 */
export function effectOf(state: PolicyState): Record<string, unknown> {
  // People too: how many can still approve is judged with all of them.
  const kept = [...state.values()].filter(({ kind }) => kind === "person" || kindOf(kind).widens.by === "effect");
  return Object.fromEntries(kept.map(({ member, value }) => [formatMember(member), value]));
}

/**
 * What edits would put in force beyond the present and beyond the kept effect, in words for whoever published or looks
 * at it; null if it is proven that there is nothing. Where no effect was kept, or none that this release can read, only
 * what narrows is proven.
 */
export function whyBeyond(
  state: PolicyState,
  edits: readonly Edit[],
  effect: unknown,
  rules: StepRules,
): { code: string; what: string } | null {
  const kept = readEffect(effect);
  const allowed = kept === null ? undefined : applyEdits(kept, edits);
  const [first] = wideningsOf(state, edits, rules, allowed);
  return first === undefined ? null : { code: first.code, what: [first.appId, first.what].filter(Boolean).join(": ") };
}

function readEffect(effect: unknown): PolicyState | null {
  if (typeof effect !== "object" || effect === null) return null;
  const entries: Entry[] = [];
  for (const [key, value] of Object.entries(effect)) {
    const member = parseMember(key);
    const parsed = member === null ? null : parseEntry(member, value);
    if (parsed === null || !parsed.ok) return null;
    entries.push(parsed.entry);
  }
  return policyState(entries);
}
