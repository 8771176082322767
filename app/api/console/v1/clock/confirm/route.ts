import { consoleRoutes } from "@/lib/http/console-routes";
import { confirmClock } from "@/lib/services/clock/confirm-clock";
import { getClock } from "@/lib/services/clock/get-clock";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.confirmClock, async ({ actor, body }, context) => {
  await confirmClock(context, actor, body);
  return await getClock(context, actor);
});
