import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { sessionRoutes } from "@/lib/http/addresses";
import { callConsole } from "@/lib/http/console-client";

export const sessionRoot = ["session"] as const;

export const sessionQuery = () =>
  queryOptions({
    queryKey: sessionRoot,
    queryFn: ({ signal }) => callConsole(sessionRoutes.getSession, { signal }),
  });

export const endSession = () => callConsole(sessionRoutes.signOut);

export const endAllSessions = () => callConsole(sessionRoutes.signOut, { query: { everywhere: "true" } });

/** Development stores alone. Everything that was read belonged to the other person. */
export async function switchPerson(client: QueryClient, personId: string): Promise<void> {
  await callConsole(sessionRoutes.switchPerson, { body: { personId } });
  client.clear();
}
