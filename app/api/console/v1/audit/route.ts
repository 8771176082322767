import { consoleRoutes } from "@/lib/http/console-routes";
import { listAudit } from "@/lib/services/audit/list-audit";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listAudit, ({ actor, query }, context) =>
  listAudit(context, actor, query),
);
