import { consoleRoutes } from "@/lib/http/console-routes";
import { getReadiness } from "@/lib/services/platform/get-readiness";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getReadiness, ({ actor }, context) => getReadiness(context, actor));
