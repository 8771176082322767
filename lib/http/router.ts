import { Hono } from "hono";
import { AppError } from "@/lib/platform/errors";
import type { Ids } from "@/lib/platform/ids";
import type { Logger } from "@/lib/platform/logger";
import { errorResponse } from "./error-response";
import { type RouteHandler, takesMethod } from "./route";
import type { RouteDescription } from "./route-description";

export type RoutedHandler = { description: RouteDescription; handler: RouteHandler };

const toPattern = (path: string) => path.replaceAll(/\{(\w+)\}/g, ":$1");

/**
 * A plain fetch handler over described routes: a path that nobody described is `not_found`, a described path with
 * another method `method_not_allowed` with `Allow`. Never rejects.
 */
export function createRouter(
  routes: readonly RoutedHandler[],
  ports: { ids: Ids; logger: Logger },
): (request: Request) => Promise<Response> {
  const app = new Hono();
  const refuse = (error: unknown) => errorResponse(error, ports.ids.next("request"), ports.logger);
  const methods = new Map<string, string[]>();
  for (const { description, handler } of routes) {
    const pattern = toPattern(description.path);
    methods.set(pattern, [
      ...(methods.get(pattern) ?? []),
      description.method,
      ...(description.answersHead ? ["HEAD"] : []),
    ]);
    app.on(description.method, pattern, (context, next) =>
      // Hono asks for GET where HEAD was asked; most of what is described does not answer it.
      takesMethod(description, context.req.raw.method)
        ? handler(context.req.raw, { params: context.req.param() })
        : next(),
    );
  }
  for (const [pattern, allowed] of methods) {
    app.all(pattern, () => {
      const response = refuse(new AppError("method_not_allowed", "Not with this method."));
      response.headers.set("allow", allowed.join(", "));
      return response;
    });
  }
  app.notFound(() => refuse(new AppError("not_found", "There is nothing here.")));
  app.onError((error) => refuse(error));
  return async (request) => await app.fetch(request);
}
