import { consoleRoutes } from "@/lib/http/console-routes";
import { createPersonLink } from "@/lib/services/people/create-person-link";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.createPersonLink, ({ actor, params }, context) =>
  createPersonLink(context, actor, { personId: params.id }),
);
