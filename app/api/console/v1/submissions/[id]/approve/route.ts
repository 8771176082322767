import { consoleRoutes } from "@/lib/http/console-routes";
import { approveSubmission } from "@/lib/services/submissions/approve-submission";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.approveSubmission, ({ actor, params, body }, context) =>
  approveSubmission(context, actor, params.id, body),
);
