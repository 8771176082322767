import { consoleRoutes } from "@/lib/http/console-routes";
import { getPublisher } from "@/lib/services/publishers/list-publishers";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getPublisher, ({ actor, params }, context) =>
  getPublisher(context, actor, params.id),
);
