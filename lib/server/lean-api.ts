import type { RoutePorts } from "@/lib/http/route";
import type { RouteDescription } from "@/lib/http/route-description";
import type { LeanContext } from "@/lib/services/context";
import { type RuntimeApi, runtimeRoutedHandlers } from "@/lib/sync/runtime/runtime-api";
import { runtimeRoutes } from "@/lib/sync/runtime/runtime-routes";
import type { TurnQueue } from "./admission/turn-queue";
import { createDocumentDoor, type DocumentDoor } from "./document-door";
import type { NodeHandler } from "./http-face";
import { createPlainApi, type ReadinessDoor } from "./plain-api";
import { createPublisherApi } from "./publisher-api";

export type LeanApi = {
  prefixes: readonly string[];
  routes: ReturnType<typeof runtimeRoutedHandlers>;
  streams: Map<string, NodeHandler>;
  documents: DocumentDoor;
};

/** What devices, publishers' tools and monitors ask; `described` is what OpenAPI shows of this process. */
export function createLeanApi(
  context: LeanContext,
  runtime: RuntimeApi,
  described: readonly RouteDescription[],
  door: ReadinessDoor,
  submissions?: TurnQueue,
): LeanApi {
  const ports: RoutePorts = {
    ids: context.ids,
    logger: context.logger,
    validatesOutput: context.config.environment === "development",
  };
  return {
    prefixes: ["/api/runtime", "/api/publisher", "/api/health", "/api/ready", "/api/openapi.json"],
    routes: [
      ...runtimeRoutedHandlers(runtime),
      ...createPublisherApi(context, ports, submissions),
      ...createPlainApi(context, described, ports, door),
    ],
    streams: new Map([[runtimeRoutes.stream.path, runtime.openStream]]),
    documents: createDocumentDoor(context, runtime.documentAt),
  };
}
