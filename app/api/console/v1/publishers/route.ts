import { consoleRoutes } from "@/lib/http/console-routes";
import { createPublisher } from "@/lib/services/publishers/create-publisher";
import { listPublishers } from "@/lib/services/publishers/list-publishers";
import { consoleRoute } from "../console-route";

export const GET = consoleRoute(consoleRoutes.listPublishers, ({ actor, query }, context) =>
  listPublishers(context, actor, query),
);

export const POST = consoleRoute(consoleRoutes.createPublisher, ({ actor, body }, context) =>
  createPublisher(context, actor, body),
);
