import { consoleRoutes } from "@/lib/http/console-routes";
import { refuseChangeSet } from "@/lib/services/change-sets/end-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.refuseChangeSet, ({ actor, params, body }, context) =>
  refuseChangeSet(context, actor, params.id, body),
);
