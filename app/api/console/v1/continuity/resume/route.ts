import { consoleRoutes } from "@/lib/http/console-routes";
import { getContinuity } from "@/lib/services/continuity/get-continuity";
import { resumeContinuity } from "@/lib/services/continuity/resume-continuity";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.resumeContinuity, async ({ actor }, context) => {
  await resumeContinuity(context, actor);
  return await getContinuity(context, actor);
});
