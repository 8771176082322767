import { consoleRoutes } from "@/lib/http/console-routes";
import { invitePerson } from "@/lib/services/people/invite-person";
import { listPeople } from "@/lib/services/people/list-people";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listPeople, ({ actor, query }, context) =>
  listPeople(context, actor, query),
);

export const POST = consoleRoute(consoleRoutes.invitePerson, ({ actor, body }, context) =>
  invitePerson(context, actor, body),
);
