import { signOutEverywhere } from "@/lib/auth/next-auth";
import { consoleRoutes } from "@/lib/http/console-routes";
import { getSession } from "@/lib/services/people/get-session";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.getSession, ({ actor }, context) => getSession(context, actor));

export const DELETE = consoleRoute(consoleRoutes.signOut, async ({ request }) => {
  await signOutEverywhere(request.headers.get("cookie"));
  return {};
});
