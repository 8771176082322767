import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { findDraft } from "./change-set-rows";
import { toChangeSetViews } from "./change-set-view";

/** The actor's one draft, or null. */
export async function getDraft(context: ServiceContext, actor: Actor): Promise<{ draft: ChangeSetView | null }> {
  requirePermission(actor, "console.read");
  if (actor.kind !== "person") return { draft: null };
  const { db } = context.store;
  const set = await findDraft(db, actor.personId);
  if (set === undefined || set.changes.length === 0) return { draft: null };
  const [view] = await toChangeSetViews(db, [set], actor, context.clock.nowMs());
  return { draft: view ?? null };
}
