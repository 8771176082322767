import { sql } from "drizzle-orm";
import { describeOpenApi } from "@/lib/http/openapi";
import { type RoutePorts, route } from "@/lib/http/route";
import type { RouteDescription } from "@/lib/http/route-description";
import type { RoutedHandler } from "@/lib/http/router";
import { AppError } from "@/lib/platform/errors";
import type { LeanContext } from "@/lib/services/context";
import { plainRoutes } from "./plain-routes";

/** Health and the description of the interface: what needs no actor. */
export function createPlainApi(
  context: Pick<LeanContext, "store" | "config">,
  routes: readonly RouteDescription[],
  ports: RoutePorts,
): RoutedHandler[] {
  const nobody = async () => null;
  let described: string | undefined;
  return [
    {
      description: plainRoutes.health,
      handler: route(
        { ...plainRoutes.health, resolveActor: nobody },
        async () => {
          try {
            await context.store.db.execute(sql`select 1`);
          } catch (cause) {
            throw new AppError("unavailable", "The store does not answer.", { cause, retryAfterSeconds: 5 });
          }
          return { status: "ok" as const, version: context.config.version, store: context.store.kind };
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
