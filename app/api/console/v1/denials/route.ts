import { consoleRoutes } from "@/lib/http/console-routes";
import { listDenials } from "@/lib/services/denials/list-denials";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listDenials, ({ actor, query }, context) =>
  listDenials(context, actor, query),
);
