import { consoleRoutes } from "@/lib/http/console-routes";
import { getClock } from "@/lib/services/clock/get-clock";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getClock, ({ actor }, context) => getClock(context, actor));
