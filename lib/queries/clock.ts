import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { readinessRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";
import { readinessRoot } from "./readiness";

export const clockRoot = ["clock"] as const;

/** A clock goes by itself; nobody announces it. */
const CLOCK_MS = 30_000;

export const clockQuery = () =>
  queryOptions({
    queryKey: clockRoot,
    queryFn: ({ signal }) => callConsole(readinessRoutes.getClock, { signal }),
    refetchInterval: CLOCK_MS,
  });

/** Says of one run of a machine that its clock is right. */
export async function confirmClock(client: QueryClient, bootId: string): Promise<void> {
  await callConsole(readinessRoutes.confirmClock, { body: { bootId } });
  await Promise.all([clockRoot, readinessRoot].map((queryKey) => client.invalidateQueries({ queryKey })));
}
