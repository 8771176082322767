import { and, desc, eq } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { versions } from "@/db/schema";
import type { PortalProgram } from "@/lib/contracts/portal";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { toProgramRows } from "../programs/program-row";
import { toPortalRow } from "./list-portal-programs";
import { loadInScope, portalScope } from "./portal-scope";

const VERSIONS_MAX = 20;

/** What the head of a program's pages in the portal shows. Raises `not_found` for what is not the actor's to see. */
export async function getPortalProgram(context: ServiceContext, actor: Actor, appId: string): Promise<PortalProgram> {
  const scope = portalScope(actor);
  const { db } = context.store;
  const base = await loadInScope(db, scope, appId);
  const [row] = await toProgramRows(db, [base], context.clock.nowMs());
  if (row === undefined) throw new AppError("not_found", "There is nothing here.");
  const { code, name, state, listedAt } = versions;
  const found = await db
    .select({ code, name, state, listedAt })
    .from(versions)
    .where(and(eq(versions.appId, appId), holdsCode()))
    .orderBy(desc(code))
    .limit(VERSIONS_MAX);
  return {
    ...toPortalRow(row),
    publisherName: base.publisher.name,
    isLookedAt: scope.isLooking,
    versions: found.map((version) => ({ ...version, listedAt: version.listedAt?.toISOString() ?? null })),
  };
}
