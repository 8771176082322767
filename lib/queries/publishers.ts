import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { draftSchema } from "@/lib/contracts/change-sets";
import { publisherListSchema, publisherTokenSchema, publisherViewSchema } from "@/lib/contracts/publishers";
import { callConsole, nothingSchema } from "@/lib/http/console-client";

export const publishersRoot = ["publishers"] as const;
const at = (id: string) => `publishers/${encodeURIComponent(id)}`;

export const publisherListQuery = () =>
  queryOptions({
    queryKey: publishersRoot,
    queryFn: ({ signal }) => callConsole("publishers", publisherListSchema, { signal }),
  });

export async function createPublisher(client: QueryClient, name: string) {
  const publisher = await callConsole("publishers", publisherViewSchema, { method: "POST", body: { name } });
  await client.invalidateQueries({ queryKey: publishersRoot });
  return publisher;
}

/** A new key widens: it goes into my draft. */
export async function proposePublisherKey(client: QueryClient, id: string, publicKeyPem: string) {
  const result = await callConsole(`${at(id)}/keys`, draftSchema, { method: "POST", body: { publicKeyPem } });
  await client.invalidateQueries({ queryKey: ["change-sets"] });
  return result;
}

export async function createPublisherToken(client: QueryClient, id: string) {
  const token = await callConsole(`${at(id)}/tokens`, publisherTokenSchema, { method: "POST", body: {} });
  await client.invalidateQueries({ queryKey: publishersRoot });
  return token;
}

export async function revokePublisherToken(client: QueryClient, id: string, tokenId: string) {
  await callConsole(`${at(id)}/tokens/${encodeURIComponent(tokenId)}`, nothingSchema, { method: "DELETE" });
  await client.invalidateQueries({ queryKey: publishersRoot });
}
