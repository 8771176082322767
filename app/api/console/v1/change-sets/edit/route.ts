import { consoleRoutes } from "@/lib/http/console-routes";
import { editDraft } from "@/lib/services/change-sets/edit-draft";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.editDraft, async ({ actor, body }, context) => {
  const draft = await editDraft(context, actor, body);
  return { draft: draft.changes.length === 0 ? null : draft };
});
