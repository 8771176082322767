import { verifyAudit } from "@/lib/audit/verify-audit";
import type { AuditVerification } from "@/lib/contracts/audit";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/** Checks the whole chain, now; nothing is remembered from an earlier check. */
export async function verifyAuditLog(context: ServiceContext, actor: Actor): Promise<AuditVerification> {
  requirePermission(actor, "audit.read");
  const finding = await verifyAudit(context.store.db);
  return { ...finding, checkedAt: new Date(context.clock.nowMs()).toISOString() };
}
