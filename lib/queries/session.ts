import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { sessionViewSchema } from "@/lib/contracts/people";
import { callConsole, nothingSchema } from "@/lib/http/console-client";

export const sessionRoot = ["session"] as const;

export const sessionQuery = () =>
  queryOptions({
    queryKey: sessionRoot,
    queryFn: ({ signal }) => callConsole("session", sessionViewSchema, { signal }),
  });

export const endSession = () => callConsole("session", nothingSchema, { method: "DELETE" });

export const endAllSessions = () => callConsole("session?everywhere=true", nothingSchema, { method: "DELETE" });

/** Development stores alone. Everything that was read belonged to the other person. */
export async function switchPerson(client: QueryClient, personId: string): Promise<void> {
  await callConsole("session/switch", nothingSchema, { method: "POST", body: { personId } });
  client.clear();
}
