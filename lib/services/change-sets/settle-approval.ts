import type { Transaction } from "@/db/store";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { readPlatformRow } from "../members/platform-row";
import { editsOf, type LoadedSet, memberOf } from "./change-set-rows";
import { whyBeyond } from "./kept-effect";
import { type OpenSet, openSet } from "./open-set";
import { voidSet } from "./void-set";

const BEFORE_EFFECTS =
  "It was approved before approvals kept what they put in force. Propose it again, so that it is approved with that.";

/**
 * Ends an approved set that would now put in force more than its approver saw: an approval is bound to what would be in
 * force after it (spec §6). Answers whether it did; then nothing of the set may be published.
 */
export async function voidIfBeyond(tx: Transaction, ctx: ServiceContext, set: OpenSet): Promise<boolean> {
  const beyond = whyBeyond(set.state, set.edits, set.row.effect, set);
  if (beyond === null) return false;
  const reason =
    set.row.effect === null
      ? BEFORE_EFFECTS
      : `Others published since it was approved, and together it would allow more than was approved (${beyond.code}, ${beyond.what}). Propose it again.`;
  await voidSet(tx, ctx, set.row, reason);
  return true;
}

/** The same for whoever looks at a set, so that nobody waits for one that can't be published. */
export async function settleApproval(ctx: ServiceContext, set: LoadedSet): Promise<boolean> {
  if (set.row.state !== "approved") return false;
  const { db } = ctx.store;
  const edits = editsOf(set);
  const platform = await readPlatformRow(db);
  const state = await loadState(db, set.changes.map(memberOf), edits);
  if (whyBeyond(state, edits, set.row.effect, { isSetUpComplete: platform.setUpAt !== null }) === null) return false;
  return ctx.store.in("decide").transaction(async (tx) => {
    const open = await openSet(tx, ctx, set.row.id);
    return open.row.state === "approved" && voidIfBeyond(tx, ctx, open);
  });
}
