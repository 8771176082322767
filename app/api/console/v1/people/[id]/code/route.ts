import { consoleRoutes } from "@/lib/http/console-routes";
import { createPersonCode } from "@/lib/services/people/create-person-code";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.createPersonCode, ({ actor, params }, context) =>
  createPersonCode(context, actor, { personId: params.id }),
);
