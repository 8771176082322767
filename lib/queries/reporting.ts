import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { reportingRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const reportingRoot = ["reporting"] as const;

/** A third of what one reading holds; a page that nobody sees does not read. */
const LOOK_EVERY_MS = 10_000;

/** Reading it with a program or a device is looking at it: its devices report every few seconds. */
export const reportingQuery = (watched: { appId?: string; deviceId?: string }) =>
  queryOptions({
    queryKey: [...reportingRoot, watched] as const,
    queryFn: ({ signal }) => callConsole(reportingRoutes.getReporting, { signal, query: watched }),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_EVERY_MS,
  });
