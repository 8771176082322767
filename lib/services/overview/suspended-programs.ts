import { and, asc, desc, eq, isNotNull, sql } from "drizzle-orm";
import { changeSets, changes, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { type Actor, hasPermission } from "@/lib/domain/roles";
import { withChanges } from "../change-sets/change-set-rows";
import { toChangeSetViews } from "../change-sets/change-set-view";
import { type Found, ROWS_A_KIND, waitingFor } from "./what-waits";

/** Programs that are suspended, the longest first: by whom, why, and until when whoever did it may undo it alone. */
export async function listSuspended(db: Database, actor: Actor, nowMs: number): Promise<Found> {
  const decided = db
    .select({ id: changeSets.id, publishedAt: changeSets.publishedAt })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(
      and(
        sql`${changes.member} = 'program:' || ${programs.appId} || '/status'`,
        eq(changeSets.state, "published"),
        isNotNull(changeSets.publishedAt),
      ),
    )
    .orderBy(desc(changeSets.publishedAt), desc(changeSets.number))
    .limit(1)
    .as("decided");
  const rows = await db
    .select({ appId: programs.appId, name: programs.name, setId: decided.id })
    .from(programs)
    .leftJoinLateral(decided, sql`true`)
    .where(eq(programs.status, "suspended"))
    .orderBy(asc(decided.publishedAt), asc(programs.appId))
    .limit(ROWS_A_KIND + 1);
  const shown = rows.slice(0, ROWS_A_KIND);
  const ids = shown.flatMap(({ setId }) => (setId === null ? [] : [setId]));
  const sets =
    ids.length === 0
      ? []
      : await db
          .select()
          .from(changeSets)
          .where(sql`${changeSets.id} in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`);
  const views = await toChangeSetViews(db, await withChanges(db, sets), actor, nowMs);
  const mayPropose = actor.kind === "person" && hasPermission(actor.role, "changes.propose");
  const items = shown.map(({ appId, name, setId }) => {
    const set = views.find(({ id }) => id === setId);
    const canUndo = set?.allowedVerbs.includes("undo") === true;
    return waitingFor({
      kind: "suspension",
      id: appId,
      href: canUndo ? `/policy/${set.id}` : `/programs/${encodeURIComponent(appId)}`,
      title: `${name} is suspended`,
      detail: set === undefined ? "No decision of it is kept here" : `By ${set.owner.name}: ${set.reason}`,
      since: set?.publishedAt ?? null,
      action: canUndo ? "Undo" : mayPropose ? "Propose lifting; takes two" : "See the program",
      until: canUndo ? set.undoUntil : null,
    });
  });
  return { items, isMore: rows.length > ROWS_A_KIND };
}
