import { consoleRoutes } from "@/lib/http/console-routes";
import { splitDraft } from "@/lib/services/change-sets/split-draft";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.splitChangeSet, ({ actor, params, body }, context) =>
  splitDraft(context, actor, params.id, body),
);
