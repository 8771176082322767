import { consoleRoutes } from "@/lib/http/console-routes";
import { listDenials } from "@/lib/services/denials/list-denials";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.listProgramDenials, ({ actor, params, query }, context) =>
  listDenials(context, actor, { ...query, appId: params.appId, filter: query }),
);
