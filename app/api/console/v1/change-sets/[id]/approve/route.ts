import { consoleRoutes } from "@/lib/http/console-routes";
import { approveProposal } from "@/lib/services/submissions/decide-proposal";
import { consoleRoute } from "../../../console-route";

export const POST = consoleRoute(consoleRoutes.approveChangeSet, ({ actor, params, body }, context) =>
  approveProposal(context, actor, params.id, body),
);
