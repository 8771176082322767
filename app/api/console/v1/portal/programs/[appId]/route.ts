import { consoleRoutes } from "@/lib/http/console-routes";
import { getPortalProgram } from "@/lib/services/portal/get-portal-program";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.getPortalProgram, ({ actor, params }, context) =>
  getPortalProgram(context, actor, params.appId),
);
