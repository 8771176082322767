import { consoleRoutes } from "@/lib/http/console-routes";
import { revokeDevice } from "@/lib/services/devices/revoke-device";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.revokeDevice, async ({ actor, params, body }, context) => {
  await revokeDevice(context, actor, { deviceId: params.id, reason: body.reason });
  return {};
});
