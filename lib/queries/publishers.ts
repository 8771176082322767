import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { publishersRoutes } from "@/lib/http/addresses";
import { type ConsoleQuery, callConsole } from "@/lib/http/console-client";

export const publishersRoot = ["publishers"] as const;

export type PublisherFilter = ConsoleQuery<typeof publishersRoutes.listPublishers>;

export const publisherListQuery = (filter: PublisherFilter) =>
  queryOptions({
    queryKey: [...publishersRoot, "list", filter] as const,
    queryFn: ({ signal }) => callConsole(publishersRoutes.listPublishers, { signal, query: filter }),
    placeholderData: keepPreviousData,
  });

export const readMorePublishers = (filter: PublisherFilter, cursor: string) =>
  callConsole(publishersRoutes.listPublishers, { query: { ...filter, cursor } });

export const publisherQuery = (id: string) =>
  queryOptions({
    queryKey: [...publishersRoot, "one", id] as const,
    queryFn: ({ signal }) => callConsole(publishersRoutes.getPublisher, { signal, params: { id } }),
  });

export async function createPublisher(client: QueryClient, name: string) {
  const publisher = await callConsole(publishersRoutes.createPublisher, { body: { name } });
  await client.invalidateQueries({ queryKey: publishersRoot });
  return publisher;
}

/** A new key widens: it goes into my draft. */
export async function proposePublisherKey(client: QueryClient, id: string, publicKeyPem: string) {
  const result = await callConsole(publishersRoutes.proposePublisherKey, { params: { id }, body: { publicKeyPem } });
  await client.invalidateQueries({ queryKey: ["change-sets"] });
  return result;
}

export async function createPublisherToken(client: QueryClient, id: string) {
  const token = await callConsole(publishersRoutes.createPublisherToken, { params: { id } });
  await client.invalidateQueries({ queryKey: publishersRoot });
  return token;
}

export async function revokePublisherToken(client: QueryClient, id: string, tokenId: string) {
  await callConsole(publishersRoutes.revokePublisherToken, { params: { id, tokenId } });
  await client.invalidateQueries({ queryKey: publishersRoot });
}
