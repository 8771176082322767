import { consoleRoutes } from "@/lib/http/console-routes";
import { revokePublisherToken } from "@/lib/services/publishers/publisher-tokens";
import { consoleRoute } from "../../../../console-route";

export const DELETE = consoleRoute(consoleRoutes.revokePublisherToken, async ({ actor, params }, context) => {
  await revokePublisherToken(context, actor, { publisherId: params.id, tokenId: params.tokenId });
  return {};
});
