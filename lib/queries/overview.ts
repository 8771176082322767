import { queryOptions } from "@tanstack/react-query";
import { overviewRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const overviewRoot = ["overview"] as const;

export const overviewQuery = () =>
  queryOptions({
    queryKey: overviewRoot,
    queryFn: ({ signal }) => callConsole(overviewRoutes.getOverview, { signal }),
  });
