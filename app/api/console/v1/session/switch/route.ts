import { nextAuth } from "@/lib/auth/next-auth";
import { consoleRoutes } from "@/lib/http/console-routes";
import { switchPerson } from "@/lib/services/people/switch-person";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.switchPerson, async ({ actor, body }, context) => {
  const { token } = await switchPerson(context, actor, body.personId);
  await nextAuth().signIn("link", { token, redirect: false });
  return {};
});
