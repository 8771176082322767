import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import type { inviteInputSchema } from "@/lib/contracts/people";
import { callConsole } from "@/lib/http/console-client";
import { peopleRoutes } from "@/lib/http/routes/people";

export const peopleRoot = ["people"] as const;

export const peopleQuery = () =>
  queryOptions({
    queryKey: peopleRoot,
    queryFn: ({ signal }) => callConsole(peopleRoutes.listPeople, { signal }),
  });

export async function invitePerson(client: QueryClient, input: z.input<typeof inviteInputSchema>) {
  const result = await callConsole(peopleRoutes.invitePerson, { body: input });
  await Promise.all([
    client.invalidateQueries({ queryKey: peopleRoot }),
    client.invalidateQueries({ queryKey: ["overview"] }),
    client.invalidateQueries({ queryKey: ["change-sets"] }),
  ]);
  return result;
}

export const makePersonLink = (personId: string) =>
  callConsole(peopleRoutes.createPersonLink, { params: { id: personId } });
