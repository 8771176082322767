import { consoleRoutes } from "@/lib/http/console-routes";
import { getChangeSet } from "@/lib/services/change-sets/get-change-set";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getChangeSet, ({ actor, params }, context) =>
  getChangeSet(context, actor, params.id),
);
