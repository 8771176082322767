import { consoleRoutes } from "@/lib/http/console-routes";
import { narrowDraft } from "@/lib/services/change-sets/narrow";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.narrowChangeSet, ({ actor, params, body }, context) =>
  narrowDraft(context, actor, params.id, body),
);
