import { type DefaultError, QueryClient, type QueryKey } from "@tanstack/react-query";

type Keyed = { queryKey: QueryKey };
/** A query of `lib/queries`, and the service's read that answers it here without a way through HTTP. */
export type Prefetch = readonly [Keyed, () => Promise<unknown>];

/**
 * Reads what a page shows first, so that it is drawn with its data. A read that fails here is left to the browser, which
 * shows the failure with its request id and a way to try again.
 */
export async function prefetching(reads: readonly Prefetch[]): Promise<QueryClient> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 30_000 } } });
  await Promise.all(
    reads.map(([{ queryKey }, queryFn]) =>
      client.prefetchQuery<unknown, DefaultError, unknown>({ queryKey, queryFn: async () => plain(await queryFn()) }),
    ),
  );
  return client;
}

/** What the browser would have read: JSON, in which a member that is undefined is absent. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
