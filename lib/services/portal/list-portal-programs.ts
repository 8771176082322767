import { and, count, eq } from "drizzle-orm";
import { programs, publishers } from "@/db/schema";
import type { PortalProgramList, PortalProgramRow } from "@/lib/contracts/portal";
import type { ProgramRow } from "@/lib/contracts/programs";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { following, type Listing, named, orderOf, PAGE_SIZE, toPage } from "../paging";
import { toProgramRows } from "../programs/program-row";
import { requirePermission } from "../require-permission";
import { portalScope } from "./portal-scope";

const NAME = named(programs.name);
const LISTING: Listing = {
  name: "portal programs",
  by: [
    { value: NAME, is: "text" },
    { value: programs.appId, is: "text" },
  ],
};

/** A developer's own programs by name, 50 a page. Raises `forbidden` for others, `invalid_input` for a cursor of another list. */
export async function listPortalPrograms(
  context: ServiceContext,
  actor: Actor,
  { cursor }: { cursor?: string | undefined } = {},
): Promise<PortalProgramList> {
  requirePermission(actor, "portal.read");
  const { publisherId } = portalScope(actor);
  if (publisherId === undefined) throw new AppError("forbidden", "Your role does not allow this.");
  const { db } = context.store;
  const [publisher] = await db.select().from(publishers).where(eq(publishers.id, publisherId)).limit(1);
  const rows = await db
    .select({ program: programs, publisher: publishers, name: NAME })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(and(eq(programs.publisherId, publisherId), following(LISTING, cursor)))
    .orderBy(...orderOf(LISTING))
    .limit(PAGE_SIZE + 1);
  const page = toPage(LISTING, rows, ({ name, program }) => [name, program.appId]);
  const [all] = await db.select({ count: count() }).from(programs).where(eq(programs.publisherId, publisherId));
  return {
    publisherName: publisher?.name ?? "",
    items: (await toProgramRows(db, page.rows, context.clock.nowMs())).map(toPortalRow),
    nextCursor: page.nextCursor,
    total: all?.count ?? 0,
  };
}

/** What of a program's row its developers may see. */
export const toPortalRow = (row: ProgramRow): PortalProgramRow => ({
  ...{ appId: row.appId, name: row.name, status: row.status, isHeld: row.isHeld },
  ...{ liveVersion: row.liveVersion, waitingVersion: row.waitingVersion, position: row.position },
  ...{ devices24h: row.devices24h, requests24h: row.requests24h },
  ...{ blocked24h: row.blocked24h, blocked14d: row.blocked14d },
});
