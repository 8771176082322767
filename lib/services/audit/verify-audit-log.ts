import { type AuditFinding, verifyAudit } from "@/lib/audit/verify-audit";
import type { AuditVerification } from "@/lib/contracts/audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { rootsOf } from "@/lib/sync/trust/root-thumbprints";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/** Checks the whole log, now, with all that was signed of it; nothing is remembered from an earlier check. */
export async function verifyAuditLog(context: ServiceContext, actor: Actor): Promise<AuditVerification> {
  requirePermission(actor, "audit.read");
  const finding = await checkAudit(context);
  return {
    ...finding,
    losses: finding.losses.map(({ sequence, at }) => ({ sequence, at: at.toISOString() })),
    checkedAt: new Date(context.clock.nowMs()).toISOString(),
  };
}

/** The same for whoever shows whether the log is whole. Raises `unavailable` before there is a keyset. */
export async function checkAudit({ store, keysets, heads }: ServiceContext): Promise<AuditFinding> {
  const [first] = (await keysets.walk(store.db)).keysets;
  const roots = keysets.roots() ?? (first === undefined ? null : await rootsOf(first.claims));
  if (roots === null) throw new AppError("unavailable", "This platform has no keyset yet.");
  return await verifyAudit(store.db, { roots, outside: heads });
}
