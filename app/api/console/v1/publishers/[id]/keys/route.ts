import { consoleRoutes } from "@/lib/http/console-routes";
import { proposeKey } from "@/lib/services/publishers/propose-key";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.proposePublisherKey, ({ actor, params, body }, context) =>
  proposeKey(context, actor, { publisherId: params.id, publicKeyPem: body.publicKeyPem }),
);
