import { consoleRoutes } from "@/lib/http/console-routes";
import { readSeededUntil } from "@/lib/services/platform/read-seeded";
import { readTelemetry } from "@/lib/services/programs/read-telemetry";
import { consoleRoute } from "../../../../console-route";
import { telemetryCsv } from "../../../../csv-answers";

export const GET = consoleRoute(consoleRoutes.exportTelemetry, async ({ actor, params, query }, context) =>
  telemetryCsv(
    params.appId,
    query,
    await readTelemetry(context, actor, params.appId, query),
    await readSeededUntil(context.store.db),
  ),
);
