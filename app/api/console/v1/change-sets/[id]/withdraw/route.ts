import { consoleRoutes } from "@/lib/http/console-routes";
import { withdrawChangeSet } from "@/lib/services/change-sets/end-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.withdrawChangeSet, ({ actor, params }, context) =>
  withdrawChangeSet(context, actor, params.id),
);
