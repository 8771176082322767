import { consoleRoutes } from "@/lib/http/console-routes";
import { readPortalQuota } from "@/lib/services/portal/read-portal-quota";
import { consoleRoute } from "../../../../console-route";

export const GET = consoleRoute(consoleRoutes.getPortalQuota, ({ actor, params, query }, context) =>
  readPortalQuota(context, actor, params.appId, query),
);
