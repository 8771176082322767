import { queryOptions } from "@tanstack/react-query";
import { searchRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

/** What the server knows of what was typed. Not kept fresh: it is asked again with the next letter. */
export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ["search", q] as const,
    queryFn: ({ signal }) => callConsole(searchRoutes.search, { signal, query: { q } }),
    enabled: q !== "",
    staleTime: 10_000,
  });
