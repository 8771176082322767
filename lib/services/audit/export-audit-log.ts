import { appendAudit } from "@/lib/audit/append-audit";
import { exportAudit } from "@/lib/audit/export-audit";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/** The whole log with all that was signed of it, as JSON lines, as a stream; also of a log that is at fault, as evidence. That it was exported is itself audited, and stands in the export. */
export async function exportAuditLog(
  context: ServiceContext,
  actor: Actor,
  requestId: string,
): Promise<ReadableStream<Uint8Array>> {
  requirePermission(actor, "audit.read");
  await context.store.transaction(async (tx) => {
    await appendAudit(tx, context, { actor, action: "audit.export", subject: "audit", requestId });
  });
  const lines = exportAudit(context.store.db, context.heads);
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
}
