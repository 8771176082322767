import { and, eq, type SQL } from "drizzle-orm";
import { programs, publishers } from "@/db/schema";
import type { Database } from "@/db/store";
import { type Actor, hasPermission } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { requirePermission } from "../require-permission";

/**
 * Whose programs the actor sees in the portal. A developer: those of their own publisher (spec §6). Whoever reads the
 * console may look at any, and then sees what its developers see and no more.
 */
export type PortalScope = { publisherId: string; isLooking: false } | { publisherId: undefined; isLooking: true };

/** Raises `forbidden` for everybody else, and for a developer of no publisher. */
export function portalScope(actor: Actor): PortalScope {
  requirePermission(actor, "portal.read", "console.read");
  if (actor.kind !== "person" || hasPermission(actor.role, "console.read")) {
    return { publisherId: undefined, isLooking: true };
  }
  if (actor.publisherId === null) throw new AppError("forbidden", "Your role does not allow this.");
  return { publisherId: actor.publisherId, isLooking: false };
}

/** The program within the scope. Raises `not_found` alike for one that is not there and for another publisher's (spec §7). */
export async function loadInScope(
  db: Database,
  { publisherId }: PortalScope,
  appId: string,
): Promise<{ program: typeof programs.$inferSelect; publisher: typeof publishers.$inferSelect }> {
  const [row] = await db
    .select({ program: programs, publisher: publishers })
    .from(programs)
    .innerJoin(publishers, eq(publishers.id, programs.publisherId))
    .where(and(eq(programs.appId, appId), ofPublisher(publisherId)))
    .limit(1);
  if (row === undefined) throw new AppError("not_found", "There is nothing here.");
  return row;
}

const ofPublisher = (publisherId: string | undefined): SQL | undefined =>
  publisherId === undefined ? undefined : eq(programs.publisherId, publisherId);
