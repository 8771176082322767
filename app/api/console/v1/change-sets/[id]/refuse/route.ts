import { consoleRoutes } from "@/lib/http/console-routes";
import { refuseProposal } from "@/lib/services/submissions/decide-proposal";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.refuseChangeSet, ({ actor, params, body }, context) =>
  refuseProposal(context, actor, params.id, body),
);
