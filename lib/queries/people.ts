import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { type inviteInputSchema, inviteResultSchema, linkResultSchema, peopleListSchema } from "@/lib/contracts/people";
import { callConsole } from "@/lib/http/console-client";

export const peopleRoot = ["people"] as const;

export const peopleQuery = () =>
  queryOptions({
    queryKey: peopleRoot,
    queryFn: ({ signal }) => callConsole("people", peopleListSchema, { signal }),
  });

export async function invitePerson(client: QueryClient, input: z.input<typeof inviteInputSchema>) {
  const result = await callConsole("people", inviteResultSchema, { method: "POST", body: input });
  await Promise.all([
    client.invalidateQueries({ queryKey: peopleRoot }),
    client.invalidateQueries({ queryKey: ["overview"] }),
    client.invalidateQueries({ queryKey: ["change-sets"] }),
  ]);
  return result;
}

export const makePersonLink = (personId: string) =>
  callConsole(`people/${encodeURIComponent(personId)}/link`, linkResultSchema, { method: "POST", body: {} });
