import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { plural } from "@/lib/format/count";

/** "3 changes, 1 widens": the weight of a set in words, never as a score. */
export function weighSet(set: Pick<ChangeSetView, "changes" | "isNarrowing">): string {
  const widening = set.changes.filter(({ direction }) => direction === "widens").length;
  const changes = plural(set.changes.length, "change");
  if (widening > 0) return `${changes}, ${widening} ${widening === 1 ? "widens" : "widen"}`;
  return set.isNarrowing ? `${changes}, narrowing` : `${changes}, together not proven to narrow`;
}

/** "Marble Drop: Lowered requestsPerMinute 600 → 240", and how many more. */
export function titleSet(set: Pick<ChangeSetView, "changes">): string {
  const [first] = set.changes;
  if (first === undefined) return "Nothing yet";
  const name = first.programName === null ? "" : `${first.programName}: `;
  const more = set.changes.length > 1 ? `, and ${set.changes.length - 1} more` : "";
  return `${name}${first.title}${more}`;
}
