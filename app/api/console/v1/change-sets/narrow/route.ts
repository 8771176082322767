import { consoleRoutes } from "@/lib/http/console-routes";
import { narrowAtOnce } from "@/lib/services/change-sets/narrow";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.narrowNow, ({ actor, body }, context) =>
  narrowAtOnce(context, actor, body),
);
