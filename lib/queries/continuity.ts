import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { readinessRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";
import { readinessRoot } from "./readiness";

export const continuityRoot = ["continuity"] as const;

export const continuityQuery = () =>
  queryOptions({
    queryKey: continuityRoot,
    queryFn: ({ signal }) => callConsole(readinessRoutes.getContinuity, { signal }),
  });

/** Signs every document again, above what devices may hold. */
export async function resumeContinuity(client: QueryClient): Promise<void> {
  await callConsole(readinessRoutes.resumeContinuity);
  await Promise.all([continuityRoot, readinessRoot].map((queryKey) => client.invalidateQueries({ queryKey })));
}
