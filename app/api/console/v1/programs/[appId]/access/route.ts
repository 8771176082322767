import { consoleRoutes } from "@/lib/http/console-routes";
import { readAccess } from "@/lib/services/programs/read-access";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.getAccess, ({ actor, params, query }, context) =>
  readAccess(context, actor, params.appId, query.version),
);
