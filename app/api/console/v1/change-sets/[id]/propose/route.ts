import { consoleRoutes } from "@/lib/http/console-routes";
import { proposeChangeSet } from "@/lib/services/change-sets/propose-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.proposeChangeSet, ({ actor, params, body }, context) =>
  proposeChangeSet(context, actor, params.id, body),
);
