import { consoleRoutes } from "@/lib/http/console-routes";
import { getContinuity } from "@/lib/services/continuity/get-continuity";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getContinuity, ({ actor }, context) => getContinuity(context, actor));
