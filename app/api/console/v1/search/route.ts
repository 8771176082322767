import { consoleRoutes } from "@/lib/http/console-routes";
import { search } from "@/lib/services/search/search";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.search, ({ actor, query }, context) => search(context, actor, query));
