import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import type { inviteInputSchema } from "@/lib/contracts/people";
import { peopleRoutes } from "@/lib/http/addresses";
import { type ConsoleQuery, callConsole } from "@/lib/http/console-client";

export const peopleRoot = ["people"] as const;

export type PeopleFilter = ConsoleQuery<typeof peopleRoutes.listPeople>;

export const peopleQuery = (filter: PeopleFilter) =>
  queryOptions({
    queryKey: [...peopleRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole(peopleRoutes.listPeople, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const readMorePeople = (filter: PeopleFilter, cursor: string) =>
  callConsole(peopleRoutes.listPeople, { query: { ...filter, cursor } });

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: [...peopleRoot, "one", id] as const,
    queryFn: ({ signal }) => callConsole(peopleRoutes.getPerson, { signal, params: { id } }),
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

/** A one-time link for a person. Of one who may propose or approve it is a half, or in set-up comes with the other. */
export async function showPersonLink(client: QueryClient, personId: string) {
  const shown = await callConsole(peopleRoutes.createPersonLink, { params: { id: personId } });
  await afterShowing(client);
  return shown;
}

/** The code that goes with a person's link. */
export async function showPersonCode(client: QueryClient, personId: string) {
  const shown = await callConsole(peopleRoutes.createPersonCode, { params: { id: personId } });
  await afterShowing(client);
  return shown;
}

async function afterShowing(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: peopleRoot }),
    client.invalidateQueries({ queryKey: ["overview"] }),
    client.invalidateQueries({ queryKey: ["session"] }),
  ]);
}
