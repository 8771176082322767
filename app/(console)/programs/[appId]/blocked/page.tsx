import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { requireActor } from "@/lib/auth/actor";
import { denialsQuery } from "@/lib/queries/programs";
import { services } from "@/lib/services/context";
import { listDenials } from "@/lib/services/denials/list-denials";
import { prefetching } from "../../../../_parts/prefetching";
import { readVersion } from "../access/search-params";
import { readRange } from "../search-params";
import { BlockedClient } from "./client";

export const metadata: Metadata = { title: "Blocked" };

type BlockedPageProps = {
  params: Promise<{ appId: string }>;
  searchParams: Promise<{ range?: string; version?: string }>;
};

export default async function BlockedPage({ params, searchParams }: BlockedPageProps) {
  const { actor } = await requireActor();
  const appId = decodeURIComponent((await params).appId);
  const search = await searchParams;
  const range = readRange(search.range);
  const version = readVersion(search.version);
  const client = await prefetching([
    [denialsQuery(appId, range, version), () => listDenials(services(), actor, { appId, range, version })],
  ]);
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <BlockedClient appId={appId} />
    </HydrationBoundary>
  );
}
