import { consoleRoutes } from "@/lib/http/console-routes";
import { listPeople } from "@/lib/services/people/list-people";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listPeople, ({ actor }, context) => listPeople(context, actor));
