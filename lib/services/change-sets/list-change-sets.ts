import { and, desc, eq, inArray, lt, ne, or } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import type { ChangeSetList, ChangeSetView } from "@/lib/contracts/change-sets";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { withChanges } from "./change-set-rows";
import { toChangeSetViews } from "./change-set-view";

const PAGE_SIZE = 50;
const OPEN = ["draft", "proposed", "approved"] as const;
const ENDED = ["published", "discarded", "withdrawn", "refused", "void"] as const;

/** Change sets, newest first, 50 a page. A draft is visible to all who see the console. */
export async function listChangeSets(
  context: ServiceContext,
  actor: Actor,
  query: { state: "open" | "ended" | "all"; cursor?: string | undefined },
): Promise<ChangeSetList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const states = query.state === "open" ? OPEN : query.state === "ended" ? ENDED : [...OPEN, ...ENDED];
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const rows = await db
    .select()
    .from(changeSets)
    .where(
      and(inArray(changeSets.state, [...states]), before === undefined ? undefined : lt(changeSets.number, before)),
    )
    .orderBy(desc(changeSets.number))
    .limit(PAGE_SIZE + 1);
  const page = rows.slice(0, PAGE_SIZE);
  return {
    items: await toChangeSetViews(db, await withChanges(db, page), actor, context.clock.nowMs()),
    nextCursor: rows.length > PAGE_SIZE ? String(page.at(-1)?.number ?? 0) : null,
  };
}

function readCursor(text: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new AppError("invalid_input", "This page of the list does not exist.");
  return Number(text);
}

/** Proposals of others, oldest first: what waits for this person's approval. */
export async function listWaitingFor(context: ServiceContext, actor: Actor): Promise<ChangeSetView[]> {
  const { db } = context.store;
  if (actor.kind !== "person") return [];
  const rows = await db
    .select()
    .from(changeSets)
    .where(
      or(
        and(eq(changeSets.state, "proposed"), ne(changeSets.ownerId, actor.personId)),
        eq(changeSets.state, "approved"),
      ),
    )
    .orderBy(changeSets.number)
    .limit(PAGE_SIZE);
  const views = await toChangeSetViews(db, await withChanges(db, rows), actor, context.clock.nowMs());
  return views.filter((view) => view.allowedVerbs.includes("approve") || view.allowedVerbs.includes("publish"));
}
