import { consoleRoutes } from "@/lib/http/console-routes";
import { discardChangeSet } from "@/lib/services/change-sets/end-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.discardChangeSet, ({ actor, params }, context) =>
  discardChangeSet(context, actor, params.id),
);
