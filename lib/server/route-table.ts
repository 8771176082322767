import { consoleRoutes } from "@/lib/http/console-routes";
import type { RouteDescription } from "@/lib/http/route-description";
import { runtimeRoutes } from "@/lib/sync/runtime/runtime-routes";
import { consoleStreamRoute, plainRoutes } from "./plain-routes";
import { publisherRoutes } from "./publisher-routes";

/** Every described call of every door: what OpenAPI shows, and what tests hold the doors to. */
export const routeTable: readonly RouteDescription[] = [
  ...Object.values(plainRoutes),
  ...Object.values(runtimeRoutes),
  ...Object.values(publisherRoutes),
  ...Object.values(consoleRoutes),
  consoleStreamRoute,
];

/** The calls of a process that serves devices and publishers alone. */
export const leanRouteTable: readonly RouteDescription[] = [
  ...Object.values(plainRoutes),
  ...Object.values(runtimeRoutes),
  ...Object.values(publisherRoutes),
];
