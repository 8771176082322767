import { and, eq, exists, ilike, or, type SQL, sql } from "drizzle-orm";
import { programs, publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { ProgramList, ProgramListQuery } from "@/lib/contracts/programs";
import type { ProgramSort } from "@/lib/domain/program-lists";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { trafficOfAll } from "../measures/read-measures";
import { following, holding, type Listing, named, orderOf, PAGE_SIZE, toPage } from "../paging";
import { requirePermission } from "../require-permission";
import { toProgramRows } from "./program-row";

/**
 * Programs that match, 50 a page: by name, or those of the most requests or blocked requests in 24 h first. Beside them how many match in all, and of these the live, the waiting and the suspended ones. Raises
 * `invalid_input` for a cursor of another list.
 */
export async function listPrograms(
  context: ServiceContext,
  actor: Actor,
  query: ProgramListQuery,
): Promise<ProgramList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  const nowMs = context.clock.nowMs();
  const matching = and(...conditionsOf(query));
  const { sort = "name", cursor } = query;
  const page = await (sort === "name"
    ? pageByName(db, matching, cursor)
    : pageOfMost(db, matching, sort, { cursor, nowMs }));
  return {
    items: await toProgramRows(db, page.rows, nowMs),
    nextCursor: page.nextCursor,
    ...(await countPrograms(db, matching)),
  };
}

const NAME = named(programs.name);
const BY_NAME = [
  { value: NAME, is: "text" },
  { value: programs.appId, is: "text" },
] as const satisfies Listing["by"];

async function pageByName(db: Database, matching: SQL | undefined, cursor: string | undefined) {
  const listing: Listing = { name: "programs", by: BY_NAME };
  const rows = await db
    .select({ program: programs, publisher: publishers, name: NAME })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(and(matching, following(listing, cursor)))
    .orderBy(...orderOf(listing))
    .limit(PAGE_SIZE + 1);
  return toPage(listing, rows, ({ name, program }) => [name, program.appId]);
}

async function pageOfMost(
  db: Database,
  matching: SQL | undefined,
  sort: Exclude<ProgramSort, "name">,
  { cursor, nowMs }: { cursor: string | undefined; nowMs: number },
) {
  const less = sql<number>`(-coalesce(day.${sql.identifier(sort)}, 0))`.mapWith(Number);
  const listing: Listing = { name: `programs ${sort}`, by: [{ value: less, is: "whole" }, ...BY_NAME] };
  const rows = await db
    .select({ program: programs, publisher: publishers, less, name: NAME })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .leftJoin(await trafficOfAll(db, nowMs), sql`day.app_id = ${programs.appId}`)
    .where(and(matching, following(listing, cursor)))
    .orderBy(...orderOf(listing))
    .limit(PAGE_SIZE + 1);
  return toPage(listing, rows, (row) => [row.less, row.name, row.program.appId]);
}

function conditionsOf({ q, status }: Pick<ProgramListQuery, "q" | "status">): (SQL | undefined)[] {
  const pattern = q === undefined || q === "" ? null : holding(q);
  return [
    status === undefined ? undefined : eq(programs.status, status),
    pattern === null
      ? undefined
      : or(ilike(programs.name, pattern), ilike(programs.appId, pattern), ilike(publishers.name, pattern)),
  ];
}

async function countPrograms(db: Database, matching: SQL | undefined): Promise<Pick<ProgramList, "total" | "counts">> {
  const has = (state: "listed" | "submitted") =>
    exists(
      db
        .select({ one: sql`1` })
        .from(versions)
        .where(and(eq(versions.appId, programs.appId), eq(versions.state, state))),
    );
  const [row] = await db
    .select({
      total: countWhere(),
      live: countWhere(and(eq(programs.status, "active"), has("listed"))),
      waiting: countWhere(has("submitted")),
      suspended: countWhere(eq(programs.status, "suspended")),
    })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(matching);
  const { total = 0, live = 0, waiting = 0, suspended = 0 } = row ?? {};
  return { total, counts: { live, waiting, suspended } };
}
