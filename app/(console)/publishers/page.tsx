import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { publisherListQuery } from "@/lib/queries/publishers";
import { services } from "@/lib/services/context";
import { listPublishers } from "@/lib/services/publishers/list-publishers";
import { prefetching } from "../../_parts/prefetching";
import { PublishersClient } from "./client";

export const metadata: Metadata = { title: "Publishers" };

export default async function PublishersPage() {
  const { actor } = await requireActor();
  const client = await prefetching([[publisherListQuery(), () => listPublishers(services(), actor)]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PublishersClient />
    </HydrationBoundary>
  );
}
