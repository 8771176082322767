import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { changeSetListQuery } from "@/lib/queries/change-sets";
import { listChangeSets } from "@/lib/services/change-sets/list-change-sets";
import { services } from "@/lib/services/context";
import { prefetching } from "../../_parts/prefetching";
import { PolicyClient } from "./client";
import { readState } from "./search-params";

export const metadata: Metadata = { title: "Policy" };

export default async function PolicyPage({ searchParams }: { searchParams: Promise<{ state?: string }> }) {
  const { actor } = await requireActor();
  const state = readState((await searchParams).state);
  const client = await prefetching([[changeSetListQuery(state), () => listChangeSets(services(), actor, { state })]]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <PolicyClient />
    </HydrationBoundary>
  );
}
