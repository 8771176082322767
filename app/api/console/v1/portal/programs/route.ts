import { consoleRoutes } from "@/lib/http/console-routes";
import { listPortalPrograms } from "@/lib/services/portal/list-portal-programs";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.listPortalPrograms, ({ actor, query }, context) =>
  listPortalPrograms(context, actor, query),
);
