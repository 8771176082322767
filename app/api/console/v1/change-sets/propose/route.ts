import { consoleRoutes } from "@/lib/http/console-routes";
import { proposeAtOnce } from "@/lib/services/change-sets/propose-at-once";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.proposeNow, ({ actor, body }, context) =>
  proposeAtOnce(context, actor, body),
);
