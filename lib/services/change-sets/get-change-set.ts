import type { ChangeSetDetail } from "@/lib/contracts/change-sets";
import { kindOf } from "@/lib/domain/kinds";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { countInField, readSpread } from "../devices/spread";
import { requirePermission } from "../require-permission";
import { loadChangeSet, memberOf } from "./change-set-rows";
import { toChangeSetViews } from "./change-set-view";
import { listParts } from "./list-parts";
import { readMended } from "./read-mended";
import { settleApproval } from "./settle-approval";

/**
 * One change set, with which devices enforce it once it was published. An approved one that would now allow more than
 * was approved is void from here on. Raises `not_found`.
 */
export async function getChangeSet(context: ServiceContext, actor: Actor, id: string): Promise<ChangeSetDetail> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const nowMs = context.clock.nowMs();
  let set = await loadChangeSet(db, id);
  if (await settleApproval(context, set)) set = await loadChangeSet(db, id);
  const [view] = await toChangeSetViews(db, [set], actor, nowMs);
  if (view === undefined) throw new AppError("not_found", "There is no such change set.");
  const spread = view.platformPosition && (await readSpread(db, view.platformPosition, nowMs));
  const reachesDevices = set.changes.some((change) => kindOf(memberOf(change).kind).document.in !== "none");
  return {
    ...view,
    spread,
    ...(await listParts(db, set, nowMs)),
    ...(await readMended(db, id)),
    devices: reachesDevices ? await countInField(db, nowMs) : null,
  };
}
