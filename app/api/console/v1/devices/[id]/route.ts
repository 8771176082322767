import { consoleRoutes } from "@/lib/http/console-routes";
import { getDevice } from "@/lib/services/devices/list-devices";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getDevice, ({ actor, params }, context) =>
  getDevice(context, actor, params.id),
);
