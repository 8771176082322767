import { eq } from "drizzle-orm";
import { auditEntries } from "@/db/schema";
import type { AuditEntryView } from "@/lib/contracts/audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { toAuditViews } from "./audit-view";
import { requireSignedLog } from "./require-signed-log";

/** One entry, or `not_found`; `unavailable` as `requireSignedLog` says. */
export async function getAuditEntry(context: ServiceContext, actor: Actor, sequence: number): Promise<AuditEntryView> {
  requirePermission(actor, "audit.read");
  await requireSignedLog(context);
  const [row] = await context.store.db.select().from(auditEntries).where(eq(auditEntries.sequence, sequence)).limit(1);
  const [view] = row === undefined ? [] : await toAuditViews(context.store.db, [row]);
  if (view === undefined) throw new AppError("not_found", "There is nothing here.");
  return view;
}
