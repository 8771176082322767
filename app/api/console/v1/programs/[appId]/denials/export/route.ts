import { consoleRoutes } from "@/lib/http/console-routes";
import { listDenials } from "@/lib/services/denials/list-denials";
import { readSeededUntil } from "@/lib/services/platform/read-seeded";
import { consoleRoute } from "../../../../console-route";
import { causesCsv } from "../../../../csv-answers";

export const GET = consoleRoute(consoleRoutes.exportProgramDenials, async ({ actor, params, query }, context) => {
  const list = await listDenials(context, actor, { ...query, appId: params.appId, filter: query });
  return causesCsv(params.appId, query.range, query, list, await readSeededUntil(context.store.db));
});
