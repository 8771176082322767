import { consoleRoutes } from "@/lib/http/console-routes";
import { getProgram } from "@/lib/services/programs/get-program";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getProgram, ({ actor, params }, context) =>
  getProgram(context, actor, params.appId),
);
