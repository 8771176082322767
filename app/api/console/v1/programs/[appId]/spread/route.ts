import { consoleRoutes } from "@/lib/http/console-routes";
import { getSpread } from "@/lib/services/programs/get-spread";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.getSpread, ({ actor, params }, context) =>
  getSpread(context, actor, params.appId),
);
