/**
 * A document's position as people read it: "57" in the first epoch, "1 of epoch 2" in a later one, where revisions began
 * anew; "–" where there is none.
 */
export function formatRevision(position: { epoch: number; revision: number } | null): string {
  if (position === null) return "–";
  return position.epoch === 1 ? String(position.revision) : `${position.revision} of epoch ${position.epoch}`;
}
