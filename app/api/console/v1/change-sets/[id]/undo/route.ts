import { consoleRoutes } from "@/lib/http/console-routes";
import { undoChangeSet } from "@/lib/services/change-sets/undo-change-set";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.undoChangeSet, ({ actor, params }, context) =>
  undoChangeSet(context, actor, params.id),
);
