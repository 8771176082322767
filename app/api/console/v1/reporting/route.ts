import { consoleRoutes } from "@/lib/http/console-routes";
import { readReporting } from "@/lib/services/reporting/read-reporting";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getReporting, ({ actor, query }, context) =>
  readReporting(context, actor, query),
);
