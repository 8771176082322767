import { consoleRoutes } from "@/lib/http/console-routes";
import { createPublisherToken } from "@/lib/services/publishers/publisher-tokens";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.createPublisherToken, ({ actor, params }, context) =>
  createPublisherToken(context, actor, { publisherId: params.id }),
);
