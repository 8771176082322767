import { consoleRoutes } from "@/lib/http/console-routes";
import { getPerson } from "@/lib/services/people/list-people";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getPerson, ({ actor, params }, context) =>
  getPerson(context, actor, params.id),
);
