import { consoleRoutes } from "@/lib/http/console-routes";
import { getAuditEntry } from "@/lib/services/audit/get-audit-entry";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getAuditEntry, ({ actor, params }, context) =>
  getAuditEntry(context, actor, params.sequence),
);
