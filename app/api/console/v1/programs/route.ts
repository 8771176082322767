import { consoleRoutes } from "@/lib/http/console-routes";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listPrograms, ({ actor, query }, context) =>
  listPrograms(context, actor, query),
);
