import { QueryClient } from "@tanstack/react-query";
import { isConsoleError } from "@/lib/http/console-client";

/** Reads stay until the stream says that they are out of date; only what may pass by itself is tried again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 300_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) =>
          failures < 2 && isConsoleError(error) && ["unreachable", "unavailable"].includes(error.code),
      },
      mutations: { retry: false },
    },
  });
}
