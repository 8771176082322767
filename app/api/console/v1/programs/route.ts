import { consoleRoutes } from "@/lib/http/console-routes";
import { getProgram } from "@/lib/services/programs/get-program";
import { listPrograms } from "@/lib/services/programs/list-programs";
import { registerProgram } from "@/lib/services/programs/register-program";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listPrograms, ({ actor, query }, context) =>
  listPrograms(context, actor, query),
);

export const POST = consoleRoute(consoleRoutes.registerProgram, async ({ actor, body }, context) => {
  const { appId } = await registerProgram(context, actor, body);
  return getProgram(context, actor, appId);
});
