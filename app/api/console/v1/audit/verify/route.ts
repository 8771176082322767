import { consoleRoutes } from "@/lib/http/console-routes";
import { verifyAuditLog } from "@/lib/services/audit/verify-audit-log";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.verifyAudit, ({ actor }, context) => verifyAuditLog(context, actor));
