import { consoleRoutes } from "@/lib/http/console-routes";
import { getOverview } from "@/lib/services/overview/get-overview";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getOverview, ({ actor }, context) => getOverview(context, actor));
