import { queryOptions } from "@tanstack/react-query";
import { overviewSchema } from "@/lib/contracts/overview";
import { callConsole } from "@/lib/http/console-client";

export const overviewRoot = ["overview"] as const;

export const overviewQuery = () =>
  queryOptions({
    queryKey: overviewRoot,
    queryFn: ({ signal }) => callConsole("overview", overviewSchema, { signal }),
  });
