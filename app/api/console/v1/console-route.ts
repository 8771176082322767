import { readSession } from "@/lib/auth/session-reader";
import { type RouteHandler, route } from "@/lib/http/route";
import type { RouteAnswer, RouteCall, RouteDescription } from "@/lib/http/route-description";
import { type ServiceContext, services } from "@/lib/services/context";

/** A handler of the console: the person comes from the session row, the context from the process. */
export function consoleRoute<const D extends RouteDescription>(
  description: D,
  fn: (call: RouteCall<D>, context: ServiceContext) => Promise<RouteAnswer<D>>,
): RouteHandler {
  return (request, params) => {
    const context = services();
    const handler = route<D>(
      { ...description, resolveActor: (incoming) => readSession(context, incoming.headers.get("cookie")) },
      (call) => fn(call, { ...context, requestId: call.requestId }),
      { ids: context.ids, logger: context.logger, validatesOutput: context.config.environment === "development" },
    );
    return handler(request, params);
  };
}
