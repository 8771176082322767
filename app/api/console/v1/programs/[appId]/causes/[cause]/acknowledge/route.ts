import { consoleRoutes } from "@/lib/http/console-routes";
import { acknowledgeCause } from "@/lib/services/denials/acknowledge";
import { consoleRoute } from "../../../../../console-route";

export const POST = consoleRoute(consoleRoutes.acknowledgeCause, async ({ actor, params, body }, context) => {
  await acknowledgeCause(context, actor, { ...params, reason: body.reason });
  return {};
});
