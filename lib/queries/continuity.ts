import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { continuityViewSchema } from "@/lib/contracts/continuity";
import { callConsole } from "@/lib/http/console-client";
import { readinessRoot } from "./readiness";

export const continuityRoot = ["continuity"] as const;

export const continuityQuery = () =>
  queryOptions({
    queryKey: continuityRoot,
    queryFn: ({ signal }) => callConsole("continuity", continuityViewSchema, { signal }),
  });

/** Signs every document again, above what devices may hold. */
export async function resumeContinuity(client: QueryClient): Promise<void> {
  await callConsole("continuity/resume", continuityViewSchema, { method: "POST", body: {} });
  await Promise.all([continuityRoot, readinessRoot].map((queryKey) => client.invalidateQueries({ queryKey })));
}
