import type { Transaction } from "@/db/store";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { ChangeSetVerb } from "@/lib/domain/change-set-lifecycle";
import type { Actor } from "@/lib/domain/roles";
import { invariant } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { type LoadedSet, loadChangeSet } from "./change-set-rows";
import { toChangeSetViews } from "./change-set-view";
import { type OpenSet, openSet } from "./open-set";
import { type PersonActor, requirePerson, requireVerb } from "./require-verb";

export type Decision = { tx: Transaction; set: OpenSet; person: PersonActor; at: Date };

/**
 * One verb on one change set, in one transaction behind the platform's lock: it is loaded, the rules of §6 are asked,
 * then `act` writes and audits. Answers with the set as it stands afterwards, which `act` may know. Raises `not_found`, `forbidden` and
 * `conflict`, and what `act` raises.
 */
export async function decideOnSet(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  verb: ChangeSetVerb,
  act: (decision: Decision) => Promise<LoadedSet | undefined>,
): Promise<ChangeSetView> {
  const person = requirePerson(actor);
  // Before the set is looked for: who may not decide anything learns nothing of what there is.
  requirePermission(actor, "changes.propose");
  return ctx.store.in("decide").transaction(async (tx) => {
    const set = await openSet(tx, ctx, id);
    requireVerb(verb, set.facts, person, ctx.clock.nowMs());
    const after = await act({ tx, set, person, at: new Date(ctx.clock.nowMs()) });
    tx.announce({ topic: "change-sets" });
    return after === undefined ? viewNow(tx, ctx, actor, id) : viewOf(tx, ctx, actor, after);
  });
}

/** The set as it stands in this transaction. */
export async function viewNow(tx: Transaction, ctx: ServiceContext, actor: Actor, id: string): Promise<ChangeSetView> {
  return viewOf(tx, ctx, actor, await loadChangeSet(tx.db, id));
}

/** The same of a set that this transaction has just written. */
export async function viewOf(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  set: LoadedSet,
): Promise<ChangeSetView> {
  const [view] = await toChangeSetViews(tx.db, [set], actor, ctx.clock.nowMs());
  invariant(view !== undefined, "one set was asked for");
  return view;
}
