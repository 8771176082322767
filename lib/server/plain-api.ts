import { type PlainReadiness, plainReadinessSchema, type Readiness } from "@/lib/contracts/readiness";
import { describeOpenApi } from "@/lib/http/openapi";
import { type RoutePorts, route } from "@/lib/http/route";
import type { RouteDescription } from "@/lib/http/route-description";
import type { RoutedHandler } from "@/lib/http/router";
import { AppError } from "@/lib/platform/errors";
import type { LeanContext } from "@/lib/services/context";
import { isLoopback } from "./loopback";
import { plainRoutes } from "./plain-routes";

export type ReadinessDoor = {
  readiness: { read(): Promise<Readiness> };
  /** Whether whoever signed in may read what is wrong; without it only this machine may. */
  mayRead?: (request: Request) => Promise<boolean>;
};

/** A monitor looks at the status alone; a load balancer sends nobody here while a check fails. */
function answerReadiness(answer: Readiness | PlainReadiness): Response {
  return Response.json(answer, { status: answer.state === "failed" ? 503 : 200 });
}

/** Health, readiness and the description of the interface: what needs no actor. */
export function createPlainApi(
  context: Pick<LeanContext, "store" | "config">,
  routes: readonly RouteDescription[],
  ports: RoutePorts,
  { readiness, mayRead = async () => false }: ReadinessDoor,
): RoutedHandler[] {
  const nobody = async () => null;
  let described: string | undefined;
  return [
    {
      description: plainRoutes.health,
      handler: route(
        { ...plainRoutes.health, resolveActor: nobody },
        async () => ({ status: "ok" as const, version: context.config.version, store: context.store.kind }),
        ports,
      ),
    },
    {
      description: plainRoutes.ready,
      handler: route(
        { ...plainRoutes.ready, resolveActor: nobody },
        async ({ query, request }) => {
          const isVerbose = query.verbose !== undefined;
          if (isVerbose && !isLoopback(request) && !(await mayRead(request))) {
            throw new AppError("unauthenticated", "Sign in first, or ask from the server's own machine.");
          }
          const found = await readiness.read();
          return answerReadiness(isVerbose ? found : plainReadinessSchema.parse(found));
        },
        ports,
      ),
    },
    {
      description: plainRoutes.openapi,
      handler: route(
        { ...plainRoutes.openapi, resolveActor: nobody },
        async () => {
          described ??= JSON.stringify(describeOpenApi(routes, context.config.version));
          return new Response(described, {
            headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" },
          });
        },
        ports,
      ),
    },
  ];
}
