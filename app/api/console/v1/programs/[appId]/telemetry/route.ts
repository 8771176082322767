import { consoleRoutes } from "@/lib/http/console-routes";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { consoleRoute } from "../../../console-route";

export const GET = consoleRoute(consoleRoutes.getTelemetry, ({ actor, params, query }, context) =>
  readTelemetry(context, actor, params.appId, query),
);
