import { consoleRoutes } from "@/lib/http/console-routes";
import { listPublishers } from "@/lib/services/publishers/list-publishers";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listPublishers, ({ actor }, context) => listPublishers(context, actor));
