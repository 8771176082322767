import { consoleRoutes } from "@/lib/http/console-routes";
import { listChangeSets } from "@/lib/services/change-sets/list-change-sets";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listChangeSets, ({ actor, query }, context) =>
  listChangeSets(context, actor, query),
);
