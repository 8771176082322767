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
    const sessions = { ...context, store: context.store.in("sign-in") };
    // Whatever a person does is a decision: it waits for nothing that somebody only looks at.
    const store = context.store.in(description.method === "GET" ? "page" : "decide");
    const handler = route<D>(
      { ...description, resolveActor: (incoming) => readSession(sessions, incoming.headers.get("cookie")) },
      (call) => fn(call, { ...context, store, requestId: call.requestId }),
      { ids: context.ids, logger: context.logger, validatesOutput: context.config.environment === "development" },
    );
    return handler(request, params);
  };
}
