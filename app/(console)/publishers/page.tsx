import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { publisherListQuery } from "@/lib/queries/publishers";
import { services } from "@/lib/services/context";
import { listPublishers } from "@/lib/services/publishers/list-publishers";
import { prefetching } from "../../_parts/prefetching";
import { PublishersClient } from "./client";
import { readPublisherFilter } from "./search-params";

export const metadata: Metadata = { title: "Publishers" };

type PublishersPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function PublishersPage({ searchParams }: PublishersPageProps) {
  const { actor } = await requireActor();
  const filter = readPublisherFilter(await searchParams);
  const client = await prefetching([[publisherListQuery(filter), () => listPublishers(services(), actor, filter)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PublishersClient />
    </HydrationBoundary>
  );
}
