import { consoleRoutes } from "@/lib/http/console-routes";
import { approveChangeSet } from "@/lib/services/change-sets/approve-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.approveChangeSet, ({ actor, params, body }, context) =>
  approveChangeSet(context, actor, params.id, body),
);
