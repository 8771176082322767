import { signOut, signOutEverywhere } from "@/lib/auth/sign-out";
import { consoleRoutes } from "@/lib/http/console-routes";
import { getSession } from "@/lib/services/people/get-session";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getSession, ({ actor }, context) => getSession(context, actor));

export const DELETE = consoleRoute(consoleRoutes.signOut, async ({ actor, query }, context) => {
  await (query.everywhere === "true" ? signOutEverywhere : signOut)(context, actor);
  return {};
});
