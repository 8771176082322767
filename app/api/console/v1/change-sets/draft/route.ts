import { consoleRoutes } from "@/lib/http/console-routes";
import { getDraft } from "@/lib/services/change-sets/get-draft";
import { consoleRoute } from "../../console-route";

export const GET = consoleRoute(consoleRoutes.getDraft, ({ actor }, context) => getDraft(context, actor));
