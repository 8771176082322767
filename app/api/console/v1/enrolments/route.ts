import { consoleRoutes } from "@/lib/http/console-routes";
import { createEnrolment } from "@/lib/services/devices/create-enrolment";
import { consoleRoute } from "../console-route";

export const POST = consoleRoute(consoleRoutes.createEnrolment, ({ actor, body }, context) =>
  createEnrolment(context, actor, body),
);
