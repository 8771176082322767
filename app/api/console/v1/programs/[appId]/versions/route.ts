import { consoleRoutes } from "@/lib/http/console-routes";
import { listVersions } from "@/lib/services/programs/list-versions";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.listVersions, ({ actor, params }, context) =>
  listVersions(context, actor, params.appId),
);
