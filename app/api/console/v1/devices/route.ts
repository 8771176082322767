import { consoleRoutes } from "@/lib/http/console-routes";
import { listDevices } from "@/lib/services/devices/list-devices";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listDevices, ({ actor, query }, context) =>
  listDevices(context, actor, query),
);
