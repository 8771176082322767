import { consoleRoutes } from "@/lib/http/console-routes";
import { editDraft } from "@/lib/services/change-sets/edit-draft";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.editDraft, ({ actor, body }, context) =>
  editDraft(context, actor, body),
);
