import { queryOptions } from "@tanstack/react-query";
import { readinessRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const readinessRoot = ["readiness"] as const;

/** The stream tells of a change; whoever looks while something fails sees it end soon after. */
const WELL_MS = 30_000;
const FAILED_MS = 5_000;

export const readinessQuery = () =>
  queryOptions({
    queryKey: readinessRoot,
    queryFn: ({ signal }) => callConsole(readinessRoutes.getReadiness, { signal }),
    retry: false,
    refetchInterval: ({ state }) => (state.status === "error" || state.data?.state === "failed" ? FAILED_MS : WELL_MS),
  });
