import { consoleRoutes } from "@/lib/http/console-routes";
import { readPortalPublished } from "@/lib/services/portal/read-portal-published";
import { consoleRoute } from "../../../../console-route";

export const GET = consoleRoute(consoleRoutes.getPortalPublished, ({ actor, params }, context) =>
  readPortalPublished(context, actor, params.appId),
);
