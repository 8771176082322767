import { consoleRoutes } from "@/lib/http/console-routes";
import { exportAuditLog } from "@/lib/services/audit/export-audit-log";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.exportAudit, async ({ actor, requestId }, context) => {
  const stream = await exportAuditLog(context, actor, requestId);
  return new Response(stream, {
    headers: {
      "content-type": "application/jsonl",
      "content-disposition": 'attachment; filename="bulkhead-audit.jsonl"',
    },
  });
});
