import { consoleRoutes } from "@/lib/http/console-routes";
import { getPortalDenial } from "@/lib/services/portal/get-portal-denial";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.getPortalDenial, ({ actor, params }, context) =>
  getPortalDenial(context, actor, params.denialId),
);
