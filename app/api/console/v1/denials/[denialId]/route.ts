import { consoleRoutes } from "@/lib/http/console-routes";
import { getDenial } from "@/lib/services/denials/get-denial";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getDenial, ({ actor, params }, context) =>
  getDenial(context, actor, params.denialId),
);
