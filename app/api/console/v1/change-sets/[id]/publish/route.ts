import { consoleRoutes } from "@/lib/http/console-routes";
import { publishChangeSet } from "@/lib/services/change-sets/publish-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.publishChangeSet, ({ actor, params }, context) =>
  publishChangeSet(context, actor, params.id),
);
