import { consoleRoutes } from "@/lib/http/console-routes";
import { namePlatform } from "@/lib/services/platform/name-platform";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.namePlatform, ({ actor, body }, context) =>
  namePlatform(context, actor, body),
);
