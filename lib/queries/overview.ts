import { queryOptions } from "@tanstack/react-query";
import { callConsole } from "@/lib/http/console-client";
import { overviewRoutes } from "@/lib/http/routes/overview";

export const overviewRoot = ["overview"] as const;

export const overviewQuery = () =>
  queryOptions({
    queryKey: overviewRoot,
    queryFn: ({ signal }) => callConsole(overviewRoutes.getOverview, { signal }),
  });
