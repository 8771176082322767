import { consoleRoutes } from "@/lib/http/console-routes";
import { previewChanges } from "@/lib/services/change-sets/preview-changes";
import { consoleRoute } from "../../console-route";

export const POST = consoleRoute(consoleRoutes.previewChanges, ({ actor, body }, context) =>
  previewChanges(context, actor, body),
);
