import { consoleRoutes } from "@/lib/http/console-routes";
import { reopenCause } from "@/lib/services/denials/acknowledge";
import { consoleRoute } from "../../../../../console-route";

export const POST = consoleRoute(consoleRoutes.reopenCause, async ({ actor, params, body }, context) => {
  await reopenCause(context, actor, { ...params, reason: body.reason });
  return {};
});
