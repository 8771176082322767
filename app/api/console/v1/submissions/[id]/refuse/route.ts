import { consoleRoutes } from "@/lib/http/console-routes";
import { refuseSubmission } from "@/lib/services/submissions/end-submission";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.refuseSubmission, ({ actor, params, body }, context) =>
  refuseSubmission(context, actor, params.id, body),
);
