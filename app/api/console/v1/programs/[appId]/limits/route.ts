import { consoleRoutes } from "@/lib/http/console-routes";
import { listLimits } from "@/lib/services/programs/list-limits";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.getLimits, ({ actor, params, query }, context) =>
  listLimits(context, actor, params.appId, query),
);
