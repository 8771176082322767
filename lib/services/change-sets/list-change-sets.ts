import { and, eq, inArray, ne, or } from "drizzle-orm";
import { changeSets, people } from "@/db/schema";
import type { ChangeSetList, ChangeSetView } from "@/lib/contracts/change-sets";
import { CHANGE_SET_STATES, isOpenChangeSet } from "@/lib/domain/lifecycles";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { following, type Listing, orderOf, PAGE_SIZE, toPage } from "../paging";
import { requirePermission } from "../require-permission";
import { withChanges } from "./change-set-rows";
import { toChangeSetViews } from "./change-set-view";

const LISTING: Listing = { name: "change-sets", by: [{ value: changeSets.number, is: "whole" }], isNewestFirst: true };

/** Change sets, newest first, 50 a page. A draft is visible to all who see the console. Raises `invalid_input` for a cursor of another list. */
export async function listChangeSets(
  context: ServiceContext,
  actor: Actor,
  query: { state: "open" | "ended" | "all"; cursor?: string | undefined },
): Promise<ChangeSetList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const states = CHANGE_SET_STATES.filter(
    (state) => query.state === "all" || (query.state === "open") === isOpenChangeSet(state),
  );
  const rows = await db
    .select()
    .from(changeSets)
    .where(and(inArray(changeSets.state, states), following(LISTING, query.cursor)))
    .orderBy(...orderOf(LISTING))
    .limit(PAGE_SIZE + 1);
  const page = toPage(LISTING, rows, ({ number }) => [number]);
  return {
    items: await toChangeSetViews(db, await withChanges(db, page.rows), actor, context.clock.nowMs()),
    nextCursor: page.nextCursor,
  };
}

/**
 * People's proposals, oldest first, of which this person may approve or publish what comes back: 50 of them are looked at,
 * and `isMore` says that there are more.
 */
export async function listWaitingFor(
  context: ServiceContext,
  actor: Actor,
): Promise<{ items: ChangeSetView[]; isMore: boolean }> {
  const { db } = context.store;
  if (actor.kind !== "person") return { items: [], isMore: false };
  const rows = await db
    .select({ set: changeSets })
    .from(changeSets)
    // Listings are publishers' own, and wait as submissions.
    .innerJoin(people, eq(people.id, changeSets.ownerId))
    .where(
      or(
        and(eq(changeSets.state, "proposed"), ne(changeSets.ownerId, actor.personId)),
        eq(changeSets.state, "approved"),
      ),
    )
    .orderBy(changeSets.number)
    .limit(PAGE_SIZE + 1);
  const sets = await withChanges(
    db,
    rows.slice(0, PAGE_SIZE).map(({ set }) => set),
  );
  const views = await toChangeSetViews(db, sets, actor, context.clock.nowMs());
  return {
    items: views.filter((view) => view.allowedVerbs.includes("approve") || view.allowedVerbs.includes("publish")),
    isMore: rows.length > PAGE_SIZE,
  };
}
