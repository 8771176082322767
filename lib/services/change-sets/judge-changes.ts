import { formatMember } from "@/lib/domain/member-keys";
import { directionOf, type StepRules, wideningsOf } from "@/lib/domain/narrowing/judge-edits";
import { type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import type { Ids } from "@/lib/platform/ids";
import type { ChangeRow } from "./change-set-rows";

export type JudgedChanges = { rows: Omit<ChangeRow, "changeSetId" | "position">[]; isNarrowing: boolean };

/**
 * Edits as rows: each with the published value that it replaces and what it does by itself. `kept` gives rows that
 * were there before their id, and the value that they were made from; `origins` are the denials from which members are proposed.
 */
export function judgeChanges(
  state: PolicyState,
  edits: readonly Edit[],
  rules: StepRules,
  ids: Ids,
  kept: readonly ChangeRow[] = [],
  origins: ReadonlyMap<string, string> = new Map(),
): JudgedChanges {
  const rows = edits.map((edit) => {
    const member = formatMember(edit.member);
    const old = kept.find((row) => row.member === member);
    return {
      id: old?.id ?? ids.next("change"),
      member,
      before: old === undefined ? memberValue(state, edit.member) : old.before,
      after: edit.entry?.value ?? null,
      direction: directionOf(state, edit, rules),
      denialId: origins.get(member) ?? old?.denialId ?? null,
    };
  });
  return { rows, isNarrowing: wideningsOf(state, edits, rules).length === 0 };
}
