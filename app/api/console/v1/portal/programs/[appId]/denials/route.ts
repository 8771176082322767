import { consoleRoutes } from "@/lib/http/console-routes";
import { listPortalDenials } from "@/lib/services/portal/list-portal-denials";
import { consoleRoute } from "../../../../console-route";

export const GET = consoleRoute(consoleRoutes.listPortalDenials, ({ actor, params, query }, context) =>
  listPortalDenials(context, actor, params.appId, query),
);
